# SPDX-License-Identifier: GPL-3.0-or-later
# plots.py - The pictures of the bench report: bars, curves and delay percentiles as SVG.
import html
import math

OURS, PEER, GOAL = '#1f6f8b', '#c9a227', '#b5342b'
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 260, 70, 150, 14, 46


def figure(title, unit, svg):
    return (f'<figure><figcaption>{html.escape(title)} <small>{html.escape(unit)}</small></figcaption>{svg}</figure>')


def bars(title, unit, items):
    """Horizontal bars: items = [(label, value, colour)]."""
    top = max((v for _, v, _ in items), default=1) or 1
    out = [f'<svg viewBox="0 0 {WIDTH} {24 * len(items) + 6}" role="img" aria-label="{html.escape(title)}">']
    for i, (label, value, colour) in enumerate(items):
        y, width = 24 * i + 4, 400 * value / top
        out.append(f'<text x="222" y="{y + 13}" text-anchor="end">{html.escape(label)}</text>'
                   f'<rect x="230" y="{y}" width="{width:.1f}" height="17" fill="{colour}"/>'
                   f'<text x="{236 + width:.1f}" y="{y + 13}">{number(value)}</text>')
    return figure(title, unit, ''.join(out + ['</svg>']))


def number(value):
    if value and abs(value) < 0.01:
        return f'{value:.2g}'
    return f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'


class Axis:
    """A linear or logarithmic scale, its ends at round figures."""

    def __init__(self, values, length, log=False):
        self.log, self.length = log and min(values) > 0, length
        if self.log:
            self.low, self.high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
            self.high += self.high == self.low
            self.ticks = [10.0 ** e for e in range(self.low, self.high + 1)]
        else:
            step = 10 ** math.floor(math.log10(max(max(values), 1e-9)))
            step = next(s for s in (step / 5, step / 2, step, 2 * step) if max(values) / s <= 6)
            self.low, self.high = 0, step * max(1, math.ceil(max(values) / step - 1e-9))
            self.ticks = [step * i for i in range(round(self.high / step) + 1)]

    def at(self, value):
        v = math.log10(value) if self.log else value
        return self.length * (v - self.low) / (self.high - self.low)


def curves(title, x_label, y_label, lines, log_x=False, log_y=False, labels=None):
    """Lines with points: lines = [(name, colour, [(x, y)])], or (.., points) where the points are not those of the line.
    labels: {x: text} in place of figures on the x axis."""
    points = [tuple(p) for line in lines for ps in line[2:] for p in ps]
    x = Axis([p[0] for p in points], WIDTH - LEFT - RIGHT, log_x)
    y = Axis([p[1] for p in points], HEIGHT - TOP - BOTTOM, log_y)
    def place(p):
        return LEFT + x.at(p[0]), HEIGHT - BOTTOM - y.at(p[1])
    out = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">']
    for t in y.ticks:
        py = HEIGHT - BOTTOM - y.at(t)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}" y2="{py:.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{py + 4:.1f}" text-anchor="end">{number(t)}</text>')
    for t in labels or x.ticks:
        px = LEFT + x.at(t)
        out.append(f'<text x="{px:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
                   f'{html.escape(labels[t]) if labels else number(t)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle" class="axis">'
               f'{html.escape(x_label)}</text>')
    legend = TOP + 10
    for name, colour, ps, *others in lines:
        path = ' '.join(f'{a:.1f},{b:.1f}' for a, b in map(place, sorted(ps)))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>'
                for a, b in map(place, others[0] if others else ps)]
        out.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{legend - 9}" width="10" height="10" fill="{colour}"/>'
                   f'<text x="{WIDTH - RIGHT + 27}" y="{legend}">{html.escape(name)}</text>')
        legend += 18
    return figure(title, y_label, ''.join(out + ['</svg>']))


def delays(title, ours, peer_name, peer):
    """Delay percentiles: {'p50_us': ...} of ours and, where there is one, of the peer."""
    places = {'p50_us': (1, 'p50'), 'p99_us': (2, 'p99'), 'p999_us': (3, 'p99.9'), 'max_us': (4, 'max')}
    lines = [(name, colour, [(places[k][0], max(v, 0.1)) for k, v in figures.items() if k in places])
             for name, colour, figures in (('slimline', OURS, ours), (peer_name, PEER, peer)) if figures]
    used = sorted({p[0] for _, _, ps in lines for p in ps})
    labels = {n: text for n, text in places.values() if n in used}
    return curves(title, 'percentile', 'delay, us', lines, log_y=True, labels=labels)
