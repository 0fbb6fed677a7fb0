"""Make web/emoji/ from emojibase-data, which has the names of Unicode's CLDR: `python -m docs.emoji`, with npm.

The package has the MIT licence, what it holds of Unicode's the Unicode License. Both ask for no more than their notice,
which stands in each file made here.
"""

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "emojibase-data@17.0.0"
ROOT = Path(__file__).resolve().parent.parent
EMOJI = ROOT / "web" / "emoji"
LANGUAGES = ("en", "ja")

# What the fonts of phones and desks can show: those of Unicode 15 came to them in 2023.
NEWEST = 15.0
# The parts that others are made of, such as skin tones, which are nothing by themselves.
COMPONENT = 2
WORDS_OF_EACH = 10

# After a character that would be shown as text without it.
PICTURE_MARK = "\ufe0f"
PICTURE_BY_ITSELF = 1

NOTICE = (
    "/**\n"
    " * {title}\n"
    " * Made by docs/emoji.py from {package} (MIT, © Miles Johnson), whose names are those of Unicode\n"
    " * CLDR (Unicode License, © Unicode, Inc.).\n"
    " */\n"
)


def read(language: str, directory: Path) -> list[dict[str, Any]]:
    """Return the emoji of a language in the order in which people are used to see them."""
    every = json.loads((directory / "package" / language / "data.json").read_text())
    known = [each for each in every if each.get("group", COMPONENT) != COMPONENT and each["version"] <= NEWEST]
    return sorted(known, key=lambda each: (each["group"], each["order"]))


def character(emoji: dict[str, Any]) -> str:
    """Return an emoji as keyboards write it, for two spellings are two reactions: a mark only where it is needed."""
    plain: str = emoji["emoji"].removesuffix(PICTURE_MARK)
    return plain if emoji["type"] == PICTURE_BY_ITSELF and len(plain) == 1 else emoji["emoji"]


def search_words(emoji: dict[str, Any]) -> str:
    """Return the name of an emoji, and after a bar the further words that find it."""
    label = emoji["label"]
    others = [tag for tag in emoji.get("tags", []) if tag not in label][:WORDS_OF_EACH]
    return f"{label}|{' '.join(others)}" if others else label


def write(directory: Path) -> None:
    """Write the characters, and the words of each language in the same order."""
    emoji = read("en", directory)
    groups: dict[int, list[str]] = {}
    for each in emoji:
        groups.setdefault(each["group"], []).append(character(each))
    title = "Every emoji, by the groups that people know."
    lines = [f"  {json.dumps(' '.join(characters), ensure_ascii=False)}," for characters in groups.values()]
    header = NOTICE.format(title=title, package=PACKAGE)
    (EMOJI / "characters.js").write_text(header + "export const groups = [\n" + "\n".join(lines) + "\n];\n")
    for language in LANGUAGES:
        words = {each["hexcode"]: search_words(each) for each in read(language, directory)}
        title = f"What the emoji of characters.js are called, in the same order ({language})."
        text = "\n".join(words[each["hexcode"]].replace("`", "'") for each in emoji)
        header = NOTICE.format(title=title, package=PACKAGE)
        (EMOJI / f"{language}.js").write_text(f'{header}export const words = `{text}`.split("\\n");\n')


def main() -> None:
    """Fetch the pinned package and write the files."""
    EMOJI.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kaiwa-emoji-") as directory:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=directory, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(directory).glob("*.tgz")
        with tarfile.open(archive) as package:
            package.extractall(directory, filter="data")
        write(Path(directory))


if __name__ == "__main__":
    main()
