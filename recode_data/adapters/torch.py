"""PyTorch: tensors and their dtypes."""

import math
import sys

MODULE = "torch"
MOST_ELEMENTS = 2000


def encode(value, inner):
    """Return the encoding of a tensor that lies densely in memory or of a dtype, or None."""
    torch = sys.modules["torch"]
    if isinstance(value, getattr(torch, "Tensor", ())):
        return tensor(value, inner, torch)
    if isinstance(value, getattr(torch, "dtype", ())):
        return {"type": "dtype", "value": dtype_name(value)}
    return None


def dtype_name(dtype):
    return str(dtype).partition(".")[2]


def tensor(value, inner, torch):
    """Encode dtype, shape and elements; of a large tensor evenly spaced ones."""
    if value.layout is not torch.strided or getattr(value, "is_quantized", False):
        return None
    flat = value.detach().cpu().reshape(-1)
    made = {"type": "ndarray", "dtype": dtype_name(value.dtype), "shape": list(value.shape)}
    if flat.numel() > MOST_ELEMENTS:
        made["step"] = step = math.ceil(flat.numel() / float(MOST_ELEMENTS))
        flat = flat[::step]
    made["data"] = [element(item, inner) for item in flat.tolist()]
    return made


def element(item, inner):
    """Return a number as JSON: one with an imaginary part is two."""
    if type(item) is complex:
        return inner(item)["value"]
    return item if type(item) is not float or math.isfinite(item) else str(item)
