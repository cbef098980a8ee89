"""The addresses of what nodes stand for: in words, and for which classes they argue."""

from fastapi import APIRouter

from topoact.server.dependencies import Bench, Digest, Jobs, Place
from topoact.wire import arguments, equivalents
from topoact.wire.messages import Ticket
from topoact.workbench.arguing import are_found, node_arguments, node_words
from topoact.workbench.equivalents import equivalents as equivalents_of
from topoact.workbench.tasks import ArgueTask

router = APIRouter()


@router.get("/graphs/{digest}/nodes/{node}/equivalents")
def node_equivalents(digest: Digest, node: Place, bench: Bench) -> equivalents.Equivalents:
    """What a node of a study of texts stands for in words."""
    return equivalents.equivalents_message(bench, equivalents_of(bench, digest, node))


@router.post("/arguments")
def ask_for_arguments(request: arguments.ArgumentsRequest, bench: Bench, jobs: Jobs) -> Ticket:
    """Ask which classes the nodes of a graph argue for; the ticket's result is the graph's name, below ``graphs/``."""
    if are_found(bench, request.layer, request.graph):
        return Ticket(result=request.graph, job=None)
    bench.check_network()
    return Ticket(result=request.graph, job=jobs.submit(ArgueTask(request.layer, request.graph)))


@router.get("/graphs/{digest}/nodes/{node}/arguments")
def arguments_of_node(digest: Digest, node: Place, bench: Bench) -> arguments.NodeArguments | arguments.OutputWords:
    """Which classes a node argues for, or which words a language model says at its mean."""
    words = node_words(bench, digest, node)
    if words is not None:
        return arguments.words_message(words)
    return arguments.arguments_message(node_arguments(bench, digest, node))
