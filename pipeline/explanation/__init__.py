"""Why an image gets its class: a score taken apart, as figures, as a heat map and as a page."""
