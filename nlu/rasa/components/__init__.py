"""Rasa components for spoken and typed Chinese. They run in Rasa's own environment (Python 3.10)."""
