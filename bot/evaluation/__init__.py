"""Whole replies, measured: written questions go through the real assistant, and what comes back is judged."""
