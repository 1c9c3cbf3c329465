"""What Redis carries: it may vanish at any time, and every class here lives on without it."""
