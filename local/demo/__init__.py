"""The first sale, played on the local cloud from an offer to money in the bank, every figure checked."""
