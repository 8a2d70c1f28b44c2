"""From weights to the folder that ships: int8 ONNX, tokenizer, labels and a self-check."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from domain.understanding.classifier import Classifier
from domain.understanding.intents import INTENTS, SENTIMENTS
from workers import ngrams
from workers.classifier import Labels, Weights
from workers.training.model import Reader

BLOCK = 128
"""Weights that share a scale: with 32, one in a thousand more agrees, for a fifth of the speed."""
MULTIPLY_IN_INT8 = 4  # An accuracy level of ONNX Runtime's MatMulNBits.

# Read at every start, so few; each is plain enough to be the same on every processor.
SELF_CHECK = (
    "卡密用不了，提示无效",
    "付了两次钱",
    "我要人工",
    "你好",
    "话费充了100，过了两小时还没到",
    "账号被盗了，余额全没了，快帮我冻结",
    "Can I get a refund for order DJ202611201430551234?",
)


def to_onnx(reader: Reader, path: Path) -> None:
    """Write `reader` as fp32 ONNX with free batch and length."""
    ids = torch.ones((2, 8), dtype=torch.int64)
    texts, tokens = torch.export.Dim("texts"), torch.export.Dim("tokens", max=512)
    shape = {0: texts, 1: tokens}
    torch.onnx.export(
        reader,
        (ids, torch.ones_like(ids)),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["intent", "sentiment"],
        dynamic_shapes=(shape, shape),
        external_data=False,
        dynamo=True,
        verbose=False,
    )


def quantize(source: Path, target: Path) -> None:
    """Write `source` with 8-bit matrices and embeddings.

    torch leaves shapes in `value_info` that the quantizer contradicts, so they are cleared first.
    Each BLOCK weights of a matrix have a scale, and so has what they are multiplied with: a scale
    for a whole matrix, or for all texts of a batch, changed the intent of 1 to 2 in a hundred
    messages, and with the company that a message was read in. This one changes 4 in a thousand.
    """
    graph = onnx.load(str(source))
    del graph.graph.value_info[:]
    plain = target.with_suffix(".plain.onnx")
    onnx.save(graph, str(plain))
    quantize_dynamic(plain, target, op_types_to_quantize=["Gather"], weight_type=QuantType.QInt8)
    plain.unlink()
    quantizer = MatMulNBitsQuantizer(
        onnx.load(str(target)),
        bits=8,
        block_size=BLOCK,
        is_symmetric=True,
        accuracy_level=MULTIPLY_IN_INT8,
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(target))
    _forget_origin(target)


def _forget_origin(path: Path) -> None:
    """Take out of the ONNX file at `path` which lines of which folder on this machine made it."""
    model = onnx.load(str(path))
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for part in (*model.graph.node, *model.graph.initializer, *model.graph.value_info):
        part.doc_string = ""
        del part.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    onnx.save(model, str(path))


def write_tokenizer(folder: Path, tokenizer: Any) -> None:
    """Write `tokenizer` into `folder`, without the blanks that are half of its file."""
    tokenizer.save_pretrained(str(folder))
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(raw, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def write_labels(folder: Path, intent: Weights, sentiment: Weights) -> Labels:
    """Write and give `labels.json`; the version is made of the model's own bytes."""
    halves = [(folder / name).read_bytes() for name in ("model.onnx", ngrams.FILE)]
    digest = hashlib.sha256(b"".join(halves)).hexdigest()
    raw: dict[str, Any] = {
        "version": f"e5-{digest[:10]}",
        "intents": list(INTENTS),
        "sentiments": list(SENTIMENTS),
        "intent_weights": asdict(intent),
        "sentiment_weights": asdict(sentiment),
    }
    _write(folder / "labels.json", raw)
    return Labels.of(folder)


def write_self_check(
    folder: Path, classifier: Classifier, texts: Sequence[str] = SELF_CHECK
) -> None:
    """Write what `classifier` reads in `texts` here, for every later start to compare."""
    guesses = classifier.read(texts)
    samples = [
        {
            "text": text,
            "intent": guess.intent,
            "intent_confidence": round(guess.intent_confidence, 4),
        }
        for text, guess in zip(texts, guesses, strict=True)
    ]
    _write(folder / "selfcheck.json", samples)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
