"""pydensecrf on one picture again and again: seconds an image by the clock, and memory beyond the import, as JSON.

    python crf.py IMAGE.u8 SCORES.f32 WIDTH HEIGHT LABELS REPEATS
"""

import json
import sys
import time

import numpy as np
import pydensecrf.densecrf as dcrf
from pydensecrf.utils import unary_from_softmax


def status_bytes(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
imported = status_bytes("VmRSS")
width, height, labels, repeats = (int(text) for text in sys.argv[3:7])
image = np.fromfile(sys.argv[1], np.uint8).reshape(height, width, 3)
scores = np.fromfile(sys.argv[2], np.float32).reshape(labels, height, width)
start = time.perf_counter()
for _ in range(repeats):
    model = dcrf.DenseCRF2D(width, height, labels)
    model.setUnaryEnergy(np.ascontiguousarray(unary_from_softmax(scores)))
    model.addPairwiseGaussian(sxy=3, compat=3)
    model.addPairwiseBilateral(sxy=80, srgb=13, rgbim=image, compat=10)
    marginals = np.array(model.inference(10), dtype=np.float32)
seconds = (time.perf_counter() - start) / repeats
print(json.dumps({"seconds": seconds, "bytes": status_bytes("VmHWM") - imported}))
