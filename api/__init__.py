"""Image classification with hand-crafted features and linear classifiers written from scratch.

The names of this module are the stable interface: they keep working from release to release. Each
is imported on first use, so that importing the package takes no time.

Extractors are scikit-learn transformers of images to vectors, and classifiers are trained on these:

>>> import handcraft as hc
>>> import numpy as np
>>> images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
>>> images[10:] //= 4
>>> y = ["light"] * 10 + ["dark"] * 10
>>> from sklearn.pipeline import make_pipeline
>>> model = make_pipeline(hc.Raw(), hc.Softmax()).fit(images, y)
>>> print(*model.predict(images[[0, 19]]))
light dark
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
