"""What leaves the process: JSON messages (`MESSAGES`) and binary frames (`encode_frame`), made by `serialize`."""

from topoact.wire.frame import encode_frame
from topoact.wire.messages import MESSAGES
from topoact.wire.model import WireModel

__all__ = ["MESSAGES", "WireModel", "encode_frame"]
