"""What the peers make of one photo, and how long they take: results into NAME.npz, processor seconds of this process to standard output.

    python reference.py PHOTO.jpg MASK.png OUT.npz [repeats]
"""

import json
import os
import sys
import time

import cv2
import numpy as np

cv2.setNumThreads(1)
import pydensecrf.densecrf as dcrf
from PIL import Image
from pydensecrf.utils import unary_from_labels, unary_from_softmax
from skimage import segmentation

seconds = {}


def timed(name, repeats, work):
    """The least of the repeats, so that other processes count little."""
    best = None
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        spent = time.process_time() - start
        best = spent if best is None else min(best, spent)
    seconds[name] = best
    return result


def crf(image, unary, labels, gaussian, bilateral, iterations):
    height, width = image.shape[:2]
    model = dcrf.DenseCRF2D(width, height, labels)
    model.setUnaryEnergy(np.ascontiguousarray(unary))
    model.addPairwiseGaussian(sxy=gaussian[0], compat=gaussian[1])
    model.addPairwiseBilateral(sxy=bilateral[0], srgb=bilateral[1], rgbim=image, compat=bilateral[2])
    return np.array(model.inference(iterations), dtype=np.float32).reshape(labels, height, width)


def offsets_of(radius):
    pairs = [(0, x) for x in range(1, radius)]
    return pairs + [(y, x) for y in range(1, radius) for x in range(1 - radius, radius) if x * x + y * y < radius * radius]


def dense_walk(edges, scores, radius, beta, doublings):
    height, width = edges.shape
    matrix = np.eye(height * width)
    for dy, dx in offsets_of(radius):
        path = [(y, x) for y in range(0, dy + 1) for x in range(min(0, dx), max(0, dx) + 1) if (dy * x - dx * y) ** 2 / (dy * dy + dx * dx) < 1]
        for y in range(height - dy):
            for x in range(max(0, -dx), width - max(0, dx)):
                value = (1 - max(edges[y + r, x + c] for r, c in path)) ** beta
                matrix[y * width + x, (y + dy) * width + x + dx] = matrix[(y + dy) * width + x + dx, y * width + x] = value
    matrix /= matrix.sum(axis=0, keepdims=True)

    def square():
        t = matrix
        for _ in range(doublings):
            t = t @ t
        return scores.reshape(len(scores), -1) @ t

    return timed("walk", 1, square)


def retab(features, boundary, scores, radius, beta, doublings):
    """Both stages by dense matrices; row = sender, column = receiver. Pairs as PSA's inner pixels have them."""
    _, height, width = features.shape
    matrix = np.eye(height * width)
    margin = radius - 1
    for y in range(height - margin):
        for x in range(margin, width - margin):
            for dy, dx in offsets_of(radius):
                if y + dy < height and 0 <= x + dx < width:
                    value = np.exp(-np.abs(features[:, y, x] - features[:, y + dy, x + dx]).mean()) ** beta
                    matrix[y * width + x, (y + dy) * width + x + dx] = matrix[(y + dy) * width + x + dx, y * width + x] = value
    on = boundary.ravel() > 0
    within = matrix.copy()
    within[on, :] = 0
    within[:, on] = 0
    np.fill_diagonal(within, 1)
    within /= within.sum(axis=0, keepdims=True)
    # A receiver off boundaries keeps its own alone.
    onto = matrix / matrix.sum(axis=0, keepdims=True)
    onto[:, ~on] = np.eye(height * width)[:, ~on]
    flat = scores.reshape(len(scores), -1)
    return [np.float32(flat @ np.linalg.matrix_power(stage, 2**doublings)).reshape(scores.shape) for stage in (within, onto)]


photo, mask, target = sys.argv[1:4]
repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 1
image = np.ascontiguousarray(np.array(Image.open(photo).convert("RGB")))
height, width = image.shape[:2]
labels = np.array(Image.open(mask))
labels[labels == 255] = 0
# Coarse labels, as seeds are.
coarse = np.kron(labels[4::8, 4::8], np.ones((8, 8), np.uint8))
coarse = np.pad(coarse, ((0, max(0, height - coarse.shape[0])), (0, max(0, width - coarse.shape[1]))), mode="edge")[:height, :width]
present = np.unique(coarse)
index = np.searchsorted(present, coarse)
if len(present) == 1:
    present, index = np.array([0, 1]), index * 0
arrays = {"image": image, "coarse": np.uint8(coarse), "present": np.int32(present)}

arrays["crf_labels"] = timed(
    "crf, labels", repeats, lambda: crf(image, unary_from_labels(index, len(present), gt_prob=0.7, zero_unsure=False), len(present), (3, 3), (50, 5, 10), 10)
)
rng = np.random.RandomState(0)
big = np.array(Image.fromarray(image).resize((481, 321), Image.BICUBIC))
classes = np.array(Image.fromarray(coarse).resize((481, 321), Image.NEAREST))
scores = np.full((21, 321, 481), 0.02, np.float32)
for c in range(21):
    scores[c][classes == c] = 0.6
scores = np.float32(np.clip(scores + rng.rand(*scores.shape) * 0.05, 0, 1))
arrays["scores_image"], arrays["scores"] = big, scores
arrays["crf_scores"] = timed("crf, 21 labels, 321 × 481", repeats, lambda: crf(big, unary_from_softmax(scores), 21, (3, 3), (80, 13, 10), 10))
arrays["slic"] = np.int32(timed("slic", repeats, lambda: segmentation.slic(image, n_segments=1000, compactness=15, sigma=1, start_label=0)))
arrays["noise"] = np.float32(np.random.default_rng(42).normal(scale=0.00001, size=(height, width)))
arrays["quickshift"] = np.int32(timed("quickshift", repeats, lambda: segmentation.quickshift(image, kernel_size=3, max_dist=6, ratio=0.29, sigma=0, rng=42)))
grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
arrays["canny"] = timed("canny", 20 * repeats, lambda: cv2.Canny(grey, 100, 200))
arrays["canny_low"] = cv2.Canny(cv2.GaussianBlur(grey, (3, 3), 0), 1, 50)
arrays["pil"] = np.array(timed("resize to 321 × 241, bicubic", 20 * repeats, lambda: Image.fromarray(image).resize((321, 241), Image.BICUBIC)))
arrays["opencv"] = timed("resize to 321 × 241, OpenCV", 20 * repeats, lambda: cv2.resize(image, (321, 241)))
# Edges count in an enlargement alone; more than double, so that many rows lie beyond them.
arrays["opencv_enlarged"] = cv2.resize(image[::5, ::5], (321, 241))
foreground = np.uint8(labels > 0)
found, _ = cv2.findContours(foreground, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
if len(found):
    largest = max(found, key=cv2.contourArea)
    arrays["contour"], arrays["box"] = np.int32(largest.reshape(-1, 2)), np.int32(cv2.boundingRect(largest))
arrays["foreground"] = foreground

# A grid of 31 × 24: the dense matrix of 125 × 94 takes 1.1 GB, and hours to square on one core.
small = cv2.resize(arrays["canny"].astype(np.float32) / 255, (31, 24), interpolation=cv2.INTER_AREA)
small = np.float32(np.clip(small * 2, 0, 1))
walk_scores = np.float32(rng.rand(2, *small.shape))
arrays["edges"], arrays["walk_scores"] = small, walk_scores
arrays["walk"] = np.float32(dense_walk(small, walk_scores.astype(np.float64), 5, 10, 8))
features = np.float32(cv2.resize(image, (31, 24), interpolation=cv2.INTER_AREA).transpose(2, 0, 1) / 64)
boundary = np.uint8(small > 0.5)
arrays["features"], arrays["boundary"] = features, boundary
arrays["stage1"], arrays["stage2"] = retab(features.astype(np.float64), boundary, walk_scores.astype(np.float64), 5, 8, 8)
np.savez_compressed(target + ".part.npz", **arrays)
os.replace(target + ".part.npz", target)
print(json.dumps({"seconds": seconds}))
