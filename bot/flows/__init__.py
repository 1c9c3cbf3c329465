"""The tasks of a conversation, one file each. All of them decide; none of them acts."""
