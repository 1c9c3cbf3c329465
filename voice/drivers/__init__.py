"""Drivers for pyttsx3 beyond its own; named by their module path in TTS_DRIVER."""
