# SPDX-License-Identifier: BSD-3-Clause
"""The voices of the demonstration: prompts that were read in each language, or espeak-ng.

Sound is mono float at 48 kHz, each phrase brought to the same loudness.
"""

import glob
import os
import shutil
import subprocess
import wave

import numpy

RATE_HZ = 48000
LEVEL_DB = -20.0
SOUNDS = "/usr/share/asterisk/sounds"
PROMPTS = ["demo-congrats", "demo-abouttotry", "demo-instruct", "demo-nogo"]
TEXTS = {
    "en": ["Welcome to the assembly. Everybody here may speak in the language they think in.",
           "Before we vote, let us hear the reports from the working groups. The kitchen goes first.",
           "The roof was mended last month, and the bill was lower than we had feared.",
           "Are there questions? Then let us take a short break, and vote after the coffee."],
    "es": ["Bienvenidas y bienvenidos a la asamblea. Aquí cada quien puede hablar en su lengua.",
           "Antes de votar escuchemos los informes de los grupos de trabajo. Empieza la cocina.",
           "El techo se arregló el mes pasado, y la cuenta fue menor de lo que temíamos.",
           "¿Hay preguntas? Entonces hagamos una pausa, y votemos después del café."],
    "fr": ["Bienvenue à l'assemblée. Ici chacun peut parler dans la langue où il pense.",
           "Avant de voter, écoutons les rapports des groupes de travail. La cuisine commence.",
           "Le toit a été réparé le mois dernier, et la facture est moins lourde que prévu.",
           "Y a-t-il des questions ? Alors faisons une pause, et votons après le café."],
}
MACHINE_VOICES = {"en": "en-us", "es": "es-419", "fr": "fr"}


def run_ffmpeg(path):
    raw = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-f", "f32le", "-ac", "1",
                          "-ar", str(RATE_HZ), "-"], check=True, stdout=subprocess.PIPE).stdout
    return numpy.frombuffer(raw, dtype="<f4")


def loud_blocks(sound, block):
    n = len(sound) // block
    power = (sound[:n * block].reshape(n, block) ** 2).mean(axis=1)
    return power > power.max() * 1e-4


def trimmed(sound):
    block = RATE_HZ // 100
    loud = numpy.flatnonzero(loud_blocks(sound, block))
    return sound[loud[0] * block:(loud[-1] + 1) * block] if len(loud) else sound


def cut_at_pause(sound, longest_s):
    """The beginning of a text, up to the last pause of 150 ms before longest_s."""
    sound = trimmed(sound)
    if len(sound) <= longest_s * RATE_HZ:
        return sound
    block = RATE_HZ // 100
    loud = loud_blocks(sound, block)
    best, quiet = int(longest_s * 100), 0
    for index in range(min(int(longest_s * 100), len(loud))):
        quiet = 0 if loud[index] else quiet + 1
        if quiet == 15 and index > longest_s * 50:
            best = index - 7
    return sound[:best * block]


def pause_near(sound, at):
    """The middle of the pause nearest to that sample, of those of 100 ms and more; else the sample."""
    block = RATE_HZ // 100
    loud = loud_blocks(sound, block)
    pauses, began = [], None
    for index, is_loud in enumerate([*loud, True]):
        if is_loud and began is not None and index - began >= 10:
            pauses.append((began + index) // 2 * block)
        began = None if is_loud else (index if began is None else began)
    return min(pauses, key=lambda pause: abs(pause - at), default=at)


def levelled(sound):
    """To LEVEL_DB over what is not pause, with soft ends."""
    block = RATE_HZ // 100
    loud = numpy.repeat(loud_blocks(sound, block), block)
    rms = numpy.sqrt((sound[:len(loud)][loud] ** 2).mean())
    sound = numpy.clip(sound * (10 ** (LEVEL_DB / 20) / rms), -0.9, 0.9)
    fade = numpy.linspace(0, 1, RATE_HZ // 50)
    sound[:len(fade)] *= fade
    sound[-len(fade):] *= fade[::-1]
    return sound.astype(numpy.float32)


def prompt_path(language, name):
    found = sorted(glob.glob(f"{SOUNDS}/{language}_*/{name}.g722") +
                   glob.glob(f"{SOUNDS}/{language}/{name}.g722"))
    return found[0] if found else None


def spoken_by_machine(language, text, directory):
    path = os.path.join(directory, f"speech-{language}.wav")
    subprocess.run(["espeak-ng", "-v", MACHINE_VOICES[language], "-w", path, text], check=True)
    return run_ffmpeg(path)


def phrase(index, language, longest_s, directory):
    """Text number index in a language, at most longest_s long."""
    index %= len(PROMPTS)
    path = prompt_path(language, PROMPTS[index])
    if path is not None:
        sound = run_ffmpeg(path)
    elif shutil.which("espeak-ng"):
        sound = spoken_by_machine(language, TEXTS[language][index], directory)
    else:
        raise RuntimeError("no speech: install asterisk-core-sounds-en-g722, -es-g722 and -fr-g722, "
                           "or espeak-ng")
    return levelled(cut_at_pause(sound, longest_s))


def write_wav(path, sound):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((numpy.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


HEAD_BYTES = 44  # of the recordings that susurro writes


def read_growing_wav(path, last_s=None):
    """What a recording holds so far, or the end of it, and where that begins in seconds."""
    try:
        with open(path, "rb") as file:
            n_samples = (file.seek(0, 2) - HEAD_BYTES) // 2
            first = max(0, n_samples - int(last_s * RATE_HZ)) if last_s else 0
            file.seek(HEAD_BYTES + 2 * first)
            data = file.read(2 * max(0, n_samples - first))
    except FileNotFoundError:
        data, first = b"", 0
    data = data[:len(data) // 2 * 2]
    return numpy.frombuffer(data, "<i2").astype(numpy.float32) / 32768, first / RATE_HZ
