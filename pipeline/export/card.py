"""The model card in the form of Hugging Face's: what a model is, in words that a person reads before loading it."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ciliu.normal_form import DEFAULT
from pipeline import cache
from pipeline.export import licence, verdict
from pipeline.export.formats import Format
from pipeline.export.table import Table

PAGE = Path(__file__).with_name("card.md")


def write_card(path: Path, manifest: cache.Json, formats: Sequence[Format], table: Table) -> None:
    """Write the card of a bundle whose manifest this is."""
    word = next((word for word in table.words if len(word) > 1 and word.isalpha()), table.words[0])
    made = manifest["stages"]
    fields = {
        "licence": json.dumps(manifest["licence"] or "other", ensure_ascii=False),
        "title": manifest["name"] or "Chinese word vectors",
        "words": f"{manifest['words']:,}",
        "size": manifest["vector_size"],
        "chosen": manifest["chosen"],
        "chosen_zh": "全部词" if manifest["chosen"] == "all words" else f"所选：{manifest['chosen']}",
        "normalized": "of length 1" if manifest["normalized"] else "as trained",
        "normalized_zh": "已归一化" if manifest["normalized"] else "未归一化",
        "objective": _objective(made["train"]["parameters"]),
        "formats": "\n".join(_row(one, manifest["formats"][one.name]) for one in formats),
        "loads": "\n".join(_load(one, word, manifest) for one in formats),
        "tokenizer": _tokenizer(made, formats),
        "rules": "\n".join(f"- `{one.name}`: {one.module.WORDS}" for one in formats),
        "repaired": _repaired(manifest["repaired"]),
        "corpus": _corpus(made),
        "cut": _cut(made),
        "trained": _facts(made["train"]["parameters"]),
        "evaluated": _evaluated(made),
        "bias": verdict.describe_bias(made["evaluate"]["counts"]) if "evaluate" in made else "",
        "licences": licence.describe(manifest["licences"]),
        "opencc": ", `opencc.json` is made of OpenCC's tables (Apache-2.0)" if _simplified(made) else "",
        "command": _command(made),
        "stages": "\n".join(f"| {name} | {made[name]['version']} | `{made[name]['key']}` |" for name in made),
        "word": word,
        "sample": "".join([word for word in table.words if len(word) > 1 and word.isalpha()][:3]),
    }
    text = PAGE.read_text(encoding="utf-8")
    for name, value in fields.items():
        text = text.replace(f"«{name}»", str(value))
    path.write_text(text, encoding="utf-8", newline="\n")


def _simplified(made: cache.Json) -> bool:
    return bool(made["articles"]["parameters"]["opencc"] != "none")


def _objective(parameters: cache.Json) -> str:
    found = [f"negative sampling ({parameters['negative']})"] if parameters["negative"] else []
    return " and ".join(found + (["hierarchical softmax"] if parameters["hs"] else []))


def _row(one: Format, made: cache.Json) -> str:
    lost = made.get("loss")
    loss = (
        f"lost: a number differs by {lost['largest_difference']} at most, the cosine of a word with itself is "
        f"{lost['least_cosine']} at least, {lost['neighbours_kept']:.1%} of a hundred words' ten nearest are the same"
        if lost
        else "equal"
    )
    safe = "yes" if one.module.SAFE else "**no: a pickle runs what is in it**"
    return f"| `{one.file}` | {one.module.TITLE} | {made['loaded_by']}: {loss} | {safe} |"


def _load(one: Format, word: str, manifest: cache.Json) -> str:
    code = one.module.LOAD.replace("{file}", one.file).replace("{word}", word)
    code = code.replace("{size}", str(manifest["vector_size"]))
    language = "sh" if one.name == "tensorboard" else "python"
    return f"{one.module.TITLE}:\n\n```{language}\n{code}```\n"


def _tokenizer(made: cache.Json, formats: Sequence[Format]) -> str:
    cut = [one for one in formats if hasattr(one.module, "differences")]
    if not cut:
        return ""
    lines = "".join(f"- {sentence}\n" for sentence in cut[0].module.differences(made))
    names = " and ".join(f"`{one.file}`" for one in cut)
    return f"\n{names} cut by a `tokenizer.json`, as the pipeline did but for this:\n\n{lines}"


def _repaired(repaired: list[Any]) -> str:
    if not repaired:
        return "Nothing had to be mended here."
    return f"Mended here: {len(repaired):,} words; `manifest.json` lists them under `repaired`."


def _corpus(made: cache.Json) -> str:
    told = [("articles", "articles read"), ("dedup", "after duplicates"), ("segment", "words"), ("vocabulary", "kept")]
    lines = []
    for stage, _ in told:
        counts = made.get(stage, {}).get("counts", {})
        shown = [f"{value:,} {name.replace('_', ' ')}" for name, value in counts.items() if isinstance(value, int)]
        lines.append(f"- {stage}: {', '.join(shown)}")
    return "\n".join(lines)


def _cut(made: cache.Json) -> str:
    parameters, files = made["segment"]["parameters"], made["dictionary"]["files"].get("files", [])
    names = "; ".join(f"{name} (xxh3_128 {digest})" for name, digest in files) or "none of its own"
    return f"- jieba {made['dictionary']['versions'].get('jieba')}, user dictionaries: {names}\n" + _facts(parameters)


def _facts(parameters: cache.Json) -> str:
    return "\n".join(f"- {name}: `{json.dumps(value, ensure_ascii=False)}`" for name, value in parameters.items())


def _evaluated(made: cache.Json) -> str:
    if "evaluate" not in made:
        return "Not evaluated by this pipeline. 未经本流程评测。"
    return verdict.describe(made["evaluate"]["counts"])


def _setting(name: str, value: Any) -> str:
    """A value as ``--set`` reads it: files (name and sum) by their names, the normal form by what it is more and less
    than the default."""
    if name == "normal_form":
        return ",".join([*value, *(f"-{rule}" for rule in DEFAULT if rule not in value)])
    if isinstance(value, list):
        return shlex.quote(",".join(one if isinstance(one, str) else one[0] for one in value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _command(made: cache.Json) -> str:
    """The parameters of each stage as settings; sources and dictionaries go by the names of those who have them."""
    settings = [
        f"--set {stage.capitalize()}.{name}={_setting(name, value)}"
        for stage in made
        for name, value in [*made[stage]["parameters"].items(), *made[stage]["files"].items()]
        if value not in (None, "", "many", []) and not isinstance(value, dict)
    ]
    return " \\\n  ".join(["ciliu run SOURCES", *settings])
