# SPDX-License-Identifier: BSD-3-Clause
"""Spoken digits, and a machine that writes down which it heard: pocketsphinx, as a judge beside lib.stoi.

Debian's asterisk-core-sounds has each digit by itself; pocketsphinx-en-us the models, which are for 16 kHz: speech of
8 kHz loses some by that alone, so compare with what is recognised of clean speech of the same band.
"""

import os
import random
import subprocess
import tempfile

import numpy as np

from lib.process import path_of
from lib.sound import RATE_HZ, SPEECH_DBFS, VOICES, at_level
from lib.stoi import resample

WORDS = "zero one two three four five six seven eight nine".split()
PAUSE_S = 0.1
INSERTION = 1e-4  # how likely a word more is: else breath becomes words
MODEL = "/usr/share/pocketsphinx/model/en-us"


def _recording(digit):
    path = os.path.join("/usr/share/asterisk/sounds", VOICES["en"], "digits", f"{digit}.g722")
    argv = [path_of("ffmpeg") or "ffmpeg", "-v", "quiet", "-i", path, "-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-"]
    return np.frombuffer(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout, "<f4")


def spoken(seconds, seed=1):
    """(samples of that length, [(when it begins, word)]): digits at random."""
    choose = random.Random(seed)
    recordings = [_recording(digit) for digit in range(10)]
    pause = np.zeros(round(PAUSE_S * RATE_HZ), dtype=np.float32)
    pieces, words, n = [], [], 0
    while True:
        digit = choose.randrange(10)
        if n + len(recordings[digit]) + len(pause) > seconds * RATE_HZ:
            break
        words.append((n / RATE_HZ, WORDS[digit]))
        pieces += [recordings[digit], pause]
        n += len(recordings[digit]) + len(pause)
    pieces.append(np.zeros(round(seconds * RATE_HZ) - n, dtype=np.float32))
    return at_level(np.concatenate(pieces), SPEECH_DBFS), words


def recognised(samples):
    """The words that pocketsphinx hears; None where it is not installed."""
    try:
        import pocketsphinx
    except ImportError:
        return None
    if not os.path.isdir(MODEL):
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".gram") as grammar:
        grammar.write(f"#JSGF V1.0;\ngrammar digits;\npublic <digits> = ( {' | '.join(WORDS)} )+;\n")
        grammar.flush()
        config = pocketsphinx.Decoder.default_config()
        config.set_string("-hmm", os.path.join(MODEL, "en-us"))
        config.set_string("-jsgf", grammar.name)
        config.set_string("-dict", os.path.join(MODEL, "cmudict-en-us.dict"))
        config.set_string("-logfn", os.devnull)
        config.set_float("-wip", INSERTION)
        decoder = pocketsphinx.Decoder(config)
    pcm = (np.clip(resample(samples, RATE_HZ, 16000), -1, 1) * 32767).astype("<i2").tobytes()
    decoder.start_utt()
    decoder.process_raw(pcm, False, True)
    decoder.end_utt()
    found = decoder.hyp()
    return found.hypstr.split() if found else []


def error_rate(said, heard):
    """Words that are wrong, missing or too many, in parts of those said."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said):
        above, row = row, [i + 1]
        for j, other in enumerate(heard):
            row.append(min(above[j] + (word != other), above[j + 1] + 1, row[j] + 1))
    return row[-1] / max(1, len(said))
