"""The figures of the ReCode paper (arXiv 2506.20495, table 2), to stand beside our own."""

from __future__ import annotations

NOTE = (
    "Qwen2.5-Coder-7B-Instruct in arXiv 2506.20495; the paper edited the benchmark before "
    "scoring, so that its figures are no target to compare with digit by digit"
)
ROWS: dict[str, dict[str, dict[str, float]]] = {
    "codeupdatearena": {
        "paper: base": {"pass@1": 0.673, "pass@5": 0.740},
        "paper: SFT": {"pass@1": 0.694, "pass@5": 0.782},
        "paper: GRPO": {"pass@1": 0.746, "pass@5": 0.821},
        "paper: DAPO": {"pass@1": 0.787, "pass@5": 0.843},
    },
    "humaneval-plus": {
        "paper: base": {"pass@1": 0.841},
        "paper: SFT": {"pass@1": 0.702},
        "paper: GRPO": {"pass@1": 0.823},
        "paper: DAPO": {"pass@1": 0.817},
    },
}
