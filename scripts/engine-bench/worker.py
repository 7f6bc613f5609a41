"""PyTorch's side of a measure, in a process of its own: worker.py LAYOUT DEVICE MEASURE. See worker.ts."""

import json
import resource
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F

# Answers alone go out; packages that print something must not come between.
answers, sys.stdout = sys.stdout, sys.stderr
sys.path.insert(0, str(Path(__file__).parents[2] / "tests/fixtures/parity"))
from reference.networks import build  # noqa: E402
from reference.values import fill, tensor  # noqa: E402


def resident_bytes(field):
    line = next(line for line in open("/proc/self/status") if line.startswith(field))
    return int(line.split()[1]) * 1024


layout, device, spec = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
# Nobody computes before this; the references bring torchvision and timm.
imported = resident_bytes("VmRSS")
memory_format = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[layout]
amp = device == "cuda-amp"
place = "cuda" if amp else device
work, classes, batch, (height, width) = spec["work"], spec["classes"], spec["batch"], spec["size"]
trains = work.startswith("train")

net, taps, rename, _ = build(spec)
fill(net, rename)
if work == "forward" and getattr(net, "aux_classifier", None) is not None:
    net.aux_classifier = None  # ours does not compute what nobody reads either
net = net.to(place, memory_format=memory_format).train(trains)


def wanted(name):
    return name in ("aux", "maps") or (work == "attention" and name.startswith("attention."))


# The references note every tap; what nobody reads must not be held.
take = taps.take
taps.take = lambda name, value: take(name, value) if wanted(name) else None


def photos(h, w):
    return tensor(f"photo {h} {w}", (batch, 3, h, w)).to(place).contiguous(memory_format=memory_format)


images = photos(height, width)
levels = [photos(round(height * scale), round(width * scale)) for scale in spec["scales"]]
index = torch.arange(batch * height * width)
labels = torch.where(index % 11 == 0, 255, index % classes).reshape(batch, height, width).to(place)
tags = (torch.arange(batch * classes) % 7 == 0).float().reshape(batch, classes).to(place)
optimiser = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4) if trains else None
scaler = torch.amp.GradScaler(place) if trains and amp else None
casting = torch.autocast(place, dtype=torch.float16) if amp else nullcontext()


def loss_of():
    found = net(images)
    if work == "train-classifier":
        return F.multilabel_soft_margin_loss(found, tags)
    return F.cross_entropy(found["out"], labels, ignore_index=255) + 0.5 * F.cross_entropy(found["aux"], labels, ignore_index=255)


def learn():
    optimiser.zero_grad()
    with casting:
        loss = loss_of()
    if scaler is None:
        loss.backward()
        optimiser.step()
    else:
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
    return loss.item()


@torch.inference_mode()
def infer():
    with casting:
        if work == "cams":
            grid = (-(-height // 4), -(-width // 4))
            total = 0
            for level in levels:
                net(torch.cat([level, level.flip(3)]))
                sized = F.interpolate(F.relu(taps.found["maps"]), size=grid, mode="bilinear", align_corners=False)
                total = total + sized[:1] + sized[1:].flip(3)
            return total.abs().mean().item()
        found = net(images)
        return (found["out"] if isinstance(found, dict) else found).abs().mean().item()


def say(value):
    print(json.dumps(value), file=answers, flush=True)


say({"device": place, "description": f"torch {torch.__version__}, {layout}, {torch.get_num_threads()} threads"})
for line in sys.stdin:
    if line.strip() != "run":
        break
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    value = learn() if trains else infer()
    seconds, now = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    say({"seconds": seconds, "processorSeconds": processor, "value": value, "peakBytes": resident_bytes("VmHWM") - imported})
