"""The addresses of what nodes stand for: in words, and for which classes they argue."""

from fastapi import APIRouter

from topoact.server.dependencies import (
    Bench,
    Digest,
    Jobs,
    RowIndex,
)
from topoact.wire import attributions, keyterms
from topoact.wire.messages import Ticket
from topoact.workbench.jobs.tasks import AttributionTask
from topoact.workbench.nodes.node_attribution import are_stored, node_attribution, node_logit_lens
from topoact.workbench.nodes.node_keyterms import node_keyterms as equivalents_of

router = APIRouter()


@router.get("/graphs/{digest}/nodes/{node}/keyterms")
def keyterms_of_node(digest: Digest, node: RowIndex, bench: Bench) -> keyterms.KeyTerms:
    """What a node of a study of texts stands for in words."""
    return keyterms.keyterms_message(bench, equivalents_of(bench, digest, node))


@router.post("/attributions")
def ask_for_attributions(request: attributions.AttributionRequest, bench: Bench, jobs: Jobs) -> Ticket:
    """Ask which classes the nodes of a graph argue for; the ticket's result is the graph's name, below ``graphs/``."""
    if are_stored(bench, request.layer, request.graph):
        return Ticket(result=request.graph, job=None)
    bench.check_network()
    return Ticket(result=request.graph, job=jobs.submit(AttributionTask(request.layer, request.graph)))


@router.get("/graphs/{digest}/nodes/{node}/attribution")
def attribution_of_node(
    digest: Digest, node: RowIndex, bench: Bench
) -> attributions.NodeAttribution | attributions.LogitLens:
    """Which classes a node argues for, or which words a language model says at its mean."""
    words = node_logit_lens(bench, digest, node)
    if words is not None:
        return attributions.logit_lens_message(words)
    return attributions.attribution_message(node_attribution(bench, digest, node))
