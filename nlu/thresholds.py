"""What a confidence is good for. Measured by `yinling nlu evaluate`, whose table shows what other values would do."""

ACCEPT = 0.5  # from here on, act on the intent
GIVE_UP = 0.3  # below, say that it was not understood; between the two, ask back
