"""SECURITY.md promises what tests hold: each promise about studies of others names some, and they exist."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "SECURITY.md").read_text("utf-8")
SECTION: Final = PAGE.partition("## A study from somebody else")[2].partition("It cannot protect")[0]
HOSTILE, TRUST, FUZZ = "study/test_hostile.py", "extract/test_trust.py", "study/test_fuzz.py"
TESTS: Final = {
    "It runs no code.": (
        f"{TRUST}::test_opening_and_mapping_run_nothing",
        f"{TRUST}::test_networks_of_libraries_need_no_trust",
        f"{TRUST}::test_unknown_code_is_refused_and_not_run",
        f"{TRUST}::test_a_transform_is_code_as_well",
        f"{TRUST}::test_extraction_is_consent",
        f"{TRUST}::test_who_names_the_code_agreed_to_it",
        f"{TRUST}::test_without_a_terminal_it_is_refused",
        f"{TRUST}::test_trust_runs_it_and_is_remembered",
        f"{TRUST}::test_a_person_is_asked",
    ),
    "What you agreed to is exactly that.": (
        f"{TRUST}::test_a_change_asks_anew",
        f"{TRUST}::test_the_digest_covers_what_is_imported_from_beside_the_file",
        f"{TRUST}::test_another_callable_and_another_place_are_other_code",
    ),
    "It touches nothing outside its folder.": (
        f"{HOSTILE}::test_the_digest_of_a_layer",
        f"{HOSTILE}::test_a_folder_that_leads_out",
        f"{HOSTILE}::test_what_is_written_replaces_links_and_never_follows_them",
        f"{FUZZ}::test_damaged_studies_are_refused_in_a_sentence_or_give_the_same_answer",
    ),
    "It cannot fill the memory or hang the server.": (
        f"{HOSTILE}::test_another_array_is_refused_before_it_is_read",
        f"{HOSTILE}::test_a_table_that_fills_the_memory",
        f"{HOSTILE}::test_a_large_json_file",
        f"{HOSTILE}::test_what_is_no_json",
        f"{HOSTILE}::test_a_pipe_is_no_file",
    ),
    "Numbers in it are where they can be.": (
        f"{HOSTILE}::test_is_made_anew",
        f"{HOSTILE}::test_vectors_that_were_changed",
        f"{HOSTILE}::test_a_drawing",
    ),
    "Images in it are JPEG or PNG": (
        f"{HOSTILE}::test_only_jpeg_and_png_are_thumbnails",
        f"{HOSTILE}::test_a_located_input_shows_an_image_of_its_own",
        "server/test_gate.py::test_on_every_answer",
    ),
    "Texts in it do not move the cursor of your terminal": (
        f"{HOSTILE}::test_values_that_cannot_be",
        "test_cli.py::test_control_characters_are_not_printed",
    ),
}
"""The tests of each promise, which is named by its first words."""


def test_each_promise_has_tests() -> None:
    assert re.findall(r"^- \*\*(.+?)\*\*", SECTION, re.MULTILINE) == list(TESTS)


@pytest.mark.parametrize("name", sorted({name for names in TESTS.values() for name in names}))
def test_the_tests_exist(name: str) -> None:
    file, _, test = name.partition("::")
    assert re.search(rf"^ *def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE)


def test_what_is_never_done_is_nowhere_in_the_code() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    for never in (r"trust_remote_code=True", r"weights_only=False", r"allow_pickle=True", r"pickle\.loads?\("):
        assert re.search(never, code) is None
