"""Escape output, painters, key decoding and the keyboard."""
