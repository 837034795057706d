"""How notes are written: every format to blocks, blocks to items."""
