"""A voice for tests, run as an operator's speech program: each text becomes a short tone, and is written down.

`python tone_voice.py OUTPUT LOG`, the text on standard input. Told are the kinds of what is said: a staff number, a
place in the line, all else. Needs nothing but Python itself, to be quick.
"""

import math
import sys
import wave
from array import array
from pathlib import Path

RATE, SECONDS, LOUD = 8000, 0.6, 9000
ANYTHING, STAFF_NUMBER, PLACE = 2350, 2750, 1900
KINDS = {"工号": STAFF_NUMBER, "Staff number": STAFF_NUMBER, "您前面有": PLACE}


def main(output: str, log: str) -> None:
    text = sys.stdin.read()
    hz = next((tone for word, tone in KINDS.items() if word in text), ANYTHING)
    frames = array("h", (int(LOUD * math.sin(2 * math.pi * hz * at / RATE)) for at in range(int(RATE * SECONDS))))
    with Path(log).open("a", encoding="utf-8") as file:
        file.write(text.replace("\n", " ") + "\n")
    with wave.open(output, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(frames.tobytes())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
