"""What must hold beside onnxruntime, computed from the rows of latency.py."""

import statistics

CNNS = ("resnet18", "resnet50", "mobilenet_v2", "fashion_resnet", "fashion_mobile", "mnist_cntk", "ultraface_rfb_320",
        "yunet_n_320")
DYNAMIC = ("encoder_128", "lstm", "fashion_vit")
LAYERS = ("depthwise",)  # no models, but measured for a goal of their own

HEADER = ["goal", "at most", "measured", "", "worst"]


def ratios(rows, setting, models=None):
    """Median ratio by model, the worst first."""
    chosen = {r["model"]: r["ratio"][1] for r in rows
              if r["setting"] == setting and r["model"] not in LAYERS and (models is None or r["model"] in models)}
    return dict(sorted(chosen.items(), key=lambda pair: -pair[1]))


def verdict(goal, limit, value, worst=""):
    return [goal, f"{limit:.2f}", f"{value:.2f}", "held" if value <= limit else "missed", worst]


def mean_and_worst(name, found, limit, worst_limit=None):
    """Rows for the geometric mean and, where there is a limit for it, the worst model."""
    if not found:
        return []
    worst, value = next(iter(found.items()))
    missed = [f"{model} {ratio:.2f}" for model, ratio in found.items() if worst_limit and ratio > worst_limit]
    made = [verdict(f"{name}, geometric mean of {len(found)}", limit, statistics.geometric_mean(found.values()),
                    f"{worst} {value:.2f}")]
    return made + ([verdict(f"{name}, worst model", worst_limit, value, ", ".join(missed))] if worst_limit else [])


def of_float(rows, model, setting, limit):
    found = [r["qtool_of_float"] for r in rows if (r["model"], r["setting"]) == (model, setting)]
    return [verdict(f"qtool's {setting} / float, {model}", limit, found[0])] if found else []


def of_processes(processes):
    dynamic = [p for p in processes if p["what"].startswith("dynamic")]
    return [verdict(f"`qtool dynamic` of ResNet-50, {what}", limit, row[key]) for row in dynamic
            for what, limit, key in (("wall time", 0.1, "time_ratio"), ("peak memory", 0.4, "memory_ratio"))]


def of_memory(rows):
    """Of all files."""
    found = sorted((r["qtool_mb"] / r["onnxruntime_mb"], f"{r['model']} {r['setting']}") for r in rows
                   if r["model"] not in LAYERS)
    if not found:
        return []
    missed = sum(ratio > 0.7 for ratio, _ in found)
    return [verdict(f"peak memory of running a model, {missed} of {len(found)} files above", 0.7, *found[-1])]


def table(rows, processes):
    """Rows below HEADER; what was not measured is left out."""
    return [
        *mean_and_worst("float latency", ratios(rows, "float"), 0.95, 1.15),
        *mean_and_worst("static u8s8 latency", ratios(rows, "static u8s8"), 0.85, 1.05),
        *mean_and_worst("dynamic latency, " + ", ".join(DYNAMIC), ratios(rows, "dynamic", DYNAMIC), 0.85),
        *mean_and_worst("dynamic latency of CNNs", ratios(rows, "dynamic", CNNS), 0.2),
        *mean_and_worst("static s8s8 latency", ratios(rows, "static s8s8"), 0.45),
        *of_float(rows, "resnet50", "static u8s8", 0.28),
        *of_float(rows, "encoder_128", "dynamic", 0.42),
        *of_float(rows, "lstm", "dynamic", 0.33),
        *of_float(rows, "depthwise", "static u8s8", 0.5),
        *of_processes(processes),
        *of_memory(rows),
    ]
