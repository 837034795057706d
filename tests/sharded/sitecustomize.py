"""Lets accelerate shard over processes on a CPU, for the tests alone.

PyTorch's FSDP2 and DeepSpeed's ZeRO run over gloo; accelerate takes them for accelerators only
and trains by plain DDP instead. A process that finds this module on its path when it starts is
told that they are meant.
"""

import os
from typing import Any

FSDP = os.environ.get("ACCELERATE_USE_FSDP") == "true"
ZERO = os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true"

if "LOCAL_RANK" in os.environ and (FSDP or ZERO):
    from accelerate.state import AcceleratorState, PartialState
    from accelerate.utils import DistributedType

    usual = AcceleratorState.__init__

    def start(self: Any, mixed_precision: Any = None, cpu: bool = False, **given: Any) -> None:
        usual(self, mixed_precision, cpu and not ZERO, **given)
        if FSDP and self.distributed_type == DistributedType.MULTI_CPU:
            self.distributed_type = DistributedType.FSDP
            self.fsdp_plugin = given["fsdp_plugin"]
            PartialState._shared_state["distributed_type"] = DistributedType.FSDP

    AcceleratorState.__init__ = start
