"""The hotline: sound to text to sound, one call at a time, for people who speak slowly."""
