#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# digits.py - Runs a pipeline of GStreamer that dials or hears digits, for those who have no keypad.
"""Usage: tests/smoke/digits.py [--dial DIGITS] [--wait SECONDS] [--until COUNT] PIPELINE

Dials by the element named `dial` (rtpdtmfsrc or dtmfsrc), beginning WAIT seconds after the start. Says `dialled` when that
is done, and each digit that the element named `hear` (dtmfdetect, rtpdtmfdepay) finds as `heard DIGIT`; ends when it has heard COUNT
digits and no other came for two seconds, else when it is killed.
"""
import argparse
import sys

import gi
gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst  # noqa: E402

KEYS = '0123456789*#ABCD'
ON_MS, OFF_MS = 260, 240
METHODS = {'rtpdtmfsrc': 1, 'dtmfsrc': 2}


def say(text):
    print(text, flush=True)


class Dialler:
    def __init__(self, element, digits):
        self.element, self.method = element, METHODS[element.get_factory().get_name()]
        self.steps = [(d, on) for d in digits for on in (True, False)]

    def step(self):
        if not self.steps:
            say('dialled')
            return
        digit, on = self.steps.pop(0)
        text = f'dtmf-event,type=1,method={self.method},start={str(on).lower()}'
        if on:
            text += f',number={KEYS.index(digit)},volume=10'
        event = Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, Gst.Structure.new_from_string(text))
        self.element.get_static_pad('src').send_event(event)
        GLib.timeout_add(ON_MS if on else OFF_MS, self.step)


class Listener:
    def __init__(self, loop, until):
        self.loop, self.until, self.count, self.timer = loop, until, 0, 0

    def message(self, _, message):
        kind = message.type
        if kind == Gst.MessageType.ERROR:
            say(f'error {message.parse_error()[0].message}')
            self.loop.quit()
        s = message.get_structure() if kind == Gst.MessageType.ELEMENT else None
        if s and s.get_name() == 'dtmf-event' and message.src.get_name() == 'hear':
            self.count += 1
            say(f'heard {KEYS[s.get_value("number")]}')
            if self.timer:
                GLib.source_remove(self.timer)
            self.timer = GLib.timeout_add(2000, self.loop.quit) if self.count >= self.until > 0 else 0


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('--dial', default='')
    p.add_argument('--wait', type=float, default=1)
    p.add_argument('--until', type=int, default=0)
    p.add_argument('pipeline', nargs='+')
    o = p.parse_args()
    Gst.init(None)
    pipeline = Gst.parse_launch(' '.join(o.pipeline))
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect('message', Listener(loop, o.until).message)
    pipeline.set_state(Gst.State.PLAYING)
    if o.dial:
        dialler = Dialler(pipeline.get_by_name('dial'), o.dial)
        GLib.timeout_add(int(o.wait * 1000), dialler.step)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    return 0


if __name__ == '__main__':
    sys.exit(main())
