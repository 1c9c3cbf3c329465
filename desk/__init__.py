"""The human agents' and supervisors' web desk."""
