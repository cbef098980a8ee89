"""`WireModel`: the base class of all messages."""

from pydantic import BaseModel, ConfigDict


class WireModel(BaseModel):
    """Base of all messages: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
