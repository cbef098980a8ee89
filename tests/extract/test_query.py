"""What a network answers to inputs of one's own is what extraction of them gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from topoact.errors import InvalidInput
from topoact.extract import Plan, extract
from topoact.extract.predictions import Outputs
from topoact.inputs.opening import open_source
from topoact.interpret.query import query_images, query_texts, usable_layers
from topoact.interpret.study_network import reload_network
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Study

from . import tiny
from .conftest import picture, write_photos


def layers_of(study: Study) -> list[Any]:
    return [study.layer(name) for name in study.layers]


@pytest.fixture(scope="module")
def study(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("probing")
    photos = open_source(str(write_photos(folder / "photos")))
    plan = Plan(layers=("0", "2", "4"), policies=("random", "mean", "all", "maxnorm"), batch_size=4)
    return extract(load_network(f"{models}:small"), photos, folder / "study", plan)


class TestImages:
    def test_vectors_equal_those_of_the_study(self, study: Study) -> None:
        at_hand, files = reload_network(study), [picture(number) for number in range(24)]
        answers = query_images(at_hand, Outputs.noted(study.manifest.notes), layers_of(study), files)
        order = {name: row for row, name in enumerate(study.examples["id"])}
        rows = np.array([order[f"{['cat', 'dog'][number % 2]}/{number:03d}.png"] for number in range(24)])
        for layer in layers_of(study):
            answer, points, vectors = answers.layers[layer.name], layer.points, layer.vectors()
            places = {
                (rows[of], y, x): i for i, (of, y, x) in enumerate(zip(answer.of, answer.y, answer.x, strict=True))
            }
            assert len(places) == len(answer.of)
            at = [places[key] for key in zip(points["example"], points["y"], points["x"], strict=True)]
            np.testing.assert_allclose(answer.vectors[at], vectors, rtol=1e-5, atol=1e-6)
        said = study.examples["prediction"].astype(str).to_numpy()[rows]
        assert [likeliest[0][0] for likeliest in answers.predictions] == said.tolist()
        assert answers.notices == []

    def test_only_layers_of_the_checkpoint_are_usable(self, study: Study) -> None:
        at_hand = reload_network(study)
        assert [layer.name for layer in usable_layers(at_hand, layers_of(study))] == list(study.layers)
        object.__setattr__(at_hand, "checkpoint", "another")
        assert usable_layers(at_hand, layers_of(study)) == []

    def test_preprocessing_of_the_study(self, models: Path, tmp_path: Path) -> None:
        photos = open_source(str(write_photos(tmp_path / "photos", 4)))
        plan = Plan(layers=("0",), policies=("mean",), preprocessing=Preprocessing(size=8, mean=(0.4, 0.5, 0.6)))
        study = extract(load_network(f"{models}:small"), photos, tmp_path / "study", plan)
        answers = query_images(reload_network(study), None, layers_of(study), [picture(0), picture(9, (31, 17))])
        np.testing.assert_allclose(answers.layers["0"].vectors[0], study.layer("0").vectors()[0], rtol=1e-5, atol=1e-6)
        assert answers.notices == []
        assert answers.predictions == [[], []]

    def test_other_sizes_are_brought_to_that_of_the_study(self, study: Study) -> None:
        answers = query_images(reload_network(study), None, layers_of(study), [picture(0, (31, 17))])
        assert answers.notices == ["the image was brought to 8 x 8 pixels, the size of the study's inputs"]

    def test_a_network_that_takes_images_takes_no_texts(self, study: Study) -> None:
        with pytest.raises(InvalidInput, match="takes images, and this is a text: give an image file"):
            query_texts(reload_network(study), None, layers_of(study), ["a text"])


class TestTexts:
    TEXTS = ("The cat running unbelievably", "日本 dog 😀")

    def study(self, bert: str, tmp_path: Path, *policies: str, **changes: Any) -> Study:
        (tmp_path / "lines.csv").write_text("text\n" + "\n".join(self.TEXTS), "utf-8")
        plan = Plan(layers=tiny.LAYERS, policies=policies, **changes)
        return extract(load_network(bert), open_source(str(tmp_path / "lines.csv")), tmp_path / "study", plan)

    @pytest.mark.parametrize("policies", [("cls", "mean"), ("words",), ("tokens",)], ids="-".join)
    def test_vectors_equal_those_of_the_study(self, policies: tuple[str, ...], bert: str, tmp_path: Path) -> None:
        study = self.study(bert, tmp_path, *policies)
        answers = query_texts(reload_network(study), None, layers_of(study), self.TEXTS)
        for layer in layers_of(study):
            found = answers.layers[layer.name]
            np.testing.assert_allclose(found.vectors, layer.vectors(), rtol=1e-4, atol=1e-5)
            if policies[0] in ("words", "tokens"):
                said = [self.TEXTS[of][start:end] for of, (start, end) in zip(found.of, found.spans, strict=True)]
                assert said == study.examples["word"].tolist()
            else:
                assert (found.of.tolist(), list(found.spans)) == ([0, 1], [])

    def test_a_long_text_is_cut_as_in_the_study_and_that_is_said(self, bert: str, tmp_path: Path) -> None:
        study = self.study(bert, tmp_path, "words", max_tokens=8)
        answers = query_texts(reload_network(study), None, layers_of(study), ["the cat " * 40])
        assert answers.notices == ["only the first 8 tokens are read, as in the study"]
        assert len(answers.layers[tiny.LAYERS[0]].vectors) == 6

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            pytest.param("", "the text is empty: type a sentence", id="empty"),
            pytest.param(" \n\t", "the text is empty", id="blank"),
            pytest.param("\u200b", "empty or cannot be read", id="nothing-to-read"),
            pytest.param("a" * 100_001, "a text may have 100,000 characters: this one has 100,001", id="long"),
        ],
    )
    def test_refusals(self, text: str, said: str, bert: str, tmp_path: Path) -> None:
        study = self.study(bert, tmp_path, "mean")
        with pytest.raises(InvalidInput, match=said):
            query_texts(reload_network(study), None, layers_of(study), [text])

    def test_a_network_that_reads_takes_no_images(self, bert: str, tmp_path: Path) -> None:
        study = self.study(bert, tmp_path, "mean")
        with pytest.raises(InvalidInput, match="reads texts, and this is an image: give a sentence"):
            query_images(reload_network(study), None, layers_of(study), [picture(0)])
