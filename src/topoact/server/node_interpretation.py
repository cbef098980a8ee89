"""Routes of the interpretation of nodes: key terms, class attribution and logit lens."""

from fastapi import APIRouter

from topoact.server.dependencies import Bench, Digest, Jobs, RowIndex
from topoact.wire import attributions, keyterms
from topoact.wire.messages import Ticket
from topoact.workbench.jobs.tasks import AttributionTask
from topoact.workbench.nodes.node_attribution import are_stored, node_attribution, node_logit_lens
from topoact.workbench.nodes.node_keyterms import node_keyterms

router = APIRouter()


@router.get("/graphs/{digest}/nodes/{node}/keyterms")
def keyterms_of_node(digest: Digest, node: RowIndex, bench: Bench) -> keyterms.KeyTerms:
    """Key terms of a node of a study of texts."""
    return keyterms.keyterms_message(bench, node_keyterms(bench, digest, node))


@router.post("/attributions")
def ask_for_attributions(request: attributions.AttributionRequest, bench: Bench, jobs: Jobs) -> Ticket:
    """Ask for the class attributions of the nodes of a graph; the ticket's result is its name below ``graphs/``."""
    if are_stored(bench, request.layer, request.graph):
        return Ticket(result=request.graph, job=None)
    bench.check_network()
    return Ticket(result=request.graph, job=jobs.submit(AttributionTask(request.layer, request.graph)))


@router.get("/graphs/{digest}/nodes/{node}/attribution")
def attribution_of_node(
    digest: Digest, node: RowIndex, bench: Bench
) -> attributions.NodeAttribution | attributions.LogitLens:
    """The class attribution of a node, or for a language model its logit lens."""
    words = node_logit_lens(bench, digest, node)
    if words is not None:
        return attributions.logit_lens_message(words)
    return attributions.attribution_message(node_attribution(bench, digest, node))
