"""The shapes that leave the process: JSON messages, binary frames, and how opened studies become both."""

from topoact.wire.frame import encode_frame
from topoact.wire.messages import MESSAGES
from topoact.wire.model import WireModel

__all__ = ["MESSAGES", "WireModel", "encode_frame"]
