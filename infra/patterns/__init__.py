"""What repeats: written once, used by every stack."""
