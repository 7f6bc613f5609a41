"""IRN's random walk by squaring the dense matrix in PyTorch, one thread: processor seconds, memory beyond the import, and how often it was squared, as JSON.

    python walk.py EDGES.npy SCORES.npy OUT.npy RADIUS BETA DOUBLINGS LIMIT_S

After LIMIT_S seconds by the clock no further squaring begins; OUT.npy holds the scores after as many as were done.
"""

import json
import resource
import sys
import time

import numpy as np
import torch

torch.set_num_threads(1)
# The matrix fills with numbers too small for a processor to take at full speed; they count for nothing.
torch.set_flush_denormal(True)


def resident_bytes():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def offsets_of(radius):
    pairs = [(0, x) for x in range(1, radius)]
    return pairs + [(y, x) for y in range(1, radius) for x in range(1 - radius, radius) if x * x + y * y < radius * radius]


edges, scores, target = sys.argv[1:4]
radius, beta, doublings, limit_s = (int(text) for text in sys.argv[4:8])
imported = resident_bytes()
edges, scores = np.load(edges), np.load(scores)
height, width = edges.shape
matrix = torch.eye(height * width)
dense = matrix.numpy()
index = np.arange(height * width).reshape(height, width)
for dy, dx in offsets_of(radius):
    left, right, bottom = max(0, -dx), width - max(0, dx), height - dy
    path = [(y, x) for y in range(dy + 1) for x in range(min(0, dx), max(0, dx) + 1) if (dy * x - dx * y) ** 2 / (dy * dy + dx * dx) < 1]
    largest = np.max([edges[y : bottom + y, left + x : right + x] for y, x in path], axis=0)
    here, there = index[:bottom, left:right].ravel(), index[dy : bottom + dy, left + dx : right + dx].ravel()
    dense[here, there] = dense[there, here] = (1 - largest.ravel()) ** beta
matrix /= matrix.sum(dim=0, keepdim=True)
start, end = time.process_time(), time.monotonic() + limit_s
done = 0
while done < doublings and time.monotonic() < end:
    matrix = torch.matmul(matrix, matrix)
    done += 1
walked = torch.matmul(torch.from_numpy(scores.reshape(len(scores), -1)), matrix)
seconds = time.process_time() - start
np.save(target, walked.numpy().reshape(scores.shape))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "bytes": peak - imported, "doublings": done}))
