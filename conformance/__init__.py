"""Recorded cases of other billing systems, through this engine; only names are translated."""
