#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# rooms.py - Checks ranks, trespass, first-line sentences and lengths; writes docs/map.md.
"""Usage: tests/lint/rooms.py [--map]

A room is a door `x.h` with `x.c` or the folder `x/` beside it. Rules, all from docs/architecture.md:
  - gw/ rooms include rooms of their own rank or below, without a cycle; nothing in gw/ includes a program
  - nobody includes a file inside another room's folder
  - only dataplane/, its tests and benches may include rte_*; programs never include each other
  - control/cli sees gw/api, gw/ipc and rank 0 of gw/ only
  - each .c and .h starts with the licence and the line `// file - Sentence.`
With --map, docs/map.md is written instead of being compared.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TREES = ('gw', 'dataplane', 'control', 'bench', 'tests')
RANKS = {
    0: 'wire clock list slot metric fsm log cfg addr drop timer ctl line_act',
    1: 'rtp rtcp jitter codec resample mixer dtmf tone comfort plc quality sccp ipc stream',
    2: 'media api config',
}
RANK = {room: rank for rank, rooms in RANKS.items() for room in rooms.split()}
FILE_LINES_MAX = 600
TEST_LINES_MAX = 800
FUNCTION_LINES_MAX = 80
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]')
SENTENCE = re.compile(r'^// (\S+) - (.+)$')

problems = []


def problem(path, line, text):
    problems.append(f'{path}:{line}: {text}')


def sources():
    """Every C file, header and list below the trees, as paths from the root."""
    for tree in TREES:
        for folder, folders, files in os.walk(os.path.join(ROOT, tree)):
            folders[:] = sorted(f for f in folders if not f.startswith(('.', '__')))
            for name in sorted(files):
                if name.endswith(('.c', '.h', '.def')):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def room_of(path):
    """Room of a file: ('gw', 'rtp') for gw/rtp.h and gw/rtp/header.c."""
    parts = path.split('/')
    return parts[0], os.path.splitext(parts[1])[0] if len(parts) > 1 else ''


def is_room_folder(folder):
    return folder and os.path.exists(os.path.join(ROOT, folder + '.h'))


def check_trespass(path, number, target):
    """A file inside x/ belongs to the room behind x.h: only that room, and its own tests, may name it."""
    folder = os.path.dirname(target)
    while folder:
        own_tests = (f'tests/unit/{folder}_test.c', f'tests/pipeline/{os.path.basename(folder)}_test.c')
        inside = path.startswith(folder + '/') or path in (folder + '.c', folder + '.h') + own_tests
        if is_room_folder(folder) and not inside:
            problem(path, number, f'includes "{target}", which is inside the room {folder}.h: go through its door')
            return
        folder = os.path.dirname(folder)


def check_include(path, number, target, system, edges):
    tree, room = room_of(path)
    if re.match(r'rte_', target):
        if not (tree == 'dataplane' or path.startswith(('bench/', 'tests/unit/dataplane/', 'tests/pipeline/'))):
            problem(path, number, f'includes {target}: only dataplane/, its tests and benches know DPDK')
        return
    if system:
        return
    if not os.path.exists(os.path.join(ROOT, target)):
        problem(path, number, f'includes "{target}": write includes from the root of the tree')
        return
    check_trespass(path, number, target)
    to_tree, to_room = room_of(target)
    if tree == 'gw':
        if to_tree != 'gw':
            problem(path, number, f'includes "{target}": gw/ knows no program')
        elif RANK.get(to_room, 0) > RANK.get(room, 9):
            problem(path, number, f'includes "{target}" of rank {RANK[to_room]}, but {room} has rank {RANK[room]}')
        elif to_room != room:
            edges.setdefault(room, {})[to_room] = (path, number)
    elif tree in ('control', 'dataplane') and to_tree not in ('gw', tree):
        problem(path, number, f'includes "{target}": programs do not include each other')
    if path.startswith('control/cli/') and not target.startswith('control/cli/'):
        if to_tree != 'gw' or (RANK.get(to_room) != 0 and to_room not in ('api', 'ipc', 'stream')):
            problem(path, number, f'includes "{target}": slimctl sees gw/api, gw/ipc and rank 0 only')


def find_cycle(edges):
    """Reports one cycle between rooms of gw/, if there is any."""
    state = {}

    def visit(room, trail):
        state[room] = 1
        for to, (path, number) in edges.get(room, {}).items():
            if state.get(to) == 1:
                problem(path, number, 'rooms in a circle: ' + ' -> '.join(trail[trail.index(to):] + [to]))
            elif to not in state:
                visit(to, trail + [to])
        state[room] = 2

    for room in sorted(edges):
        if room not in state:
            visit(room, [room])


def check_head(path, lines):
    """The first two lines; returns the sentence."""
    name = os.path.basename(path)
    if not lines or lines[0] != '// SPDX-License-Identifier: GPL-3.0-or-later':
        problem(path, 1, 'the first line is not "// SPDX-License-Identifier: GPL-3.0-or-later"')
    match = SENTENCE.match(lines[1]) if len(lines) > 1 else None
    if not match or match.group(1) != name:
        problem(path, 2, f'the second line is not "// {name} - Sentence."')
        return ''
    sentence = match.group(2)
    for line in lines[2:4]:  # a sentence may go on for a line
        if sentence.endswith(('.', '!', '?')):
            break
        if not line.startswith('// '):
            break
        sentence += ' ' + line[3:]
    if not sentence.endswith('.'):
        problem(path, 2, 'the sentence does not end with a full stop')
    return sentence


def check_lengths(path, lines):
    limit = TEST_LINES_MAX if path.startswith('tests/') else FILE_LINES_MAX
    if len(lines) > limit and not path.endswith('.def'):
        problem(path, len(lines), f'{len(lines)} lines: split it, {limit} is the limit')
    start = None
    for i, line in enumerate(lines, 1):
        if line == '{':
            start = i
        elif line.startswith('}') and start:
            if i - start - 1 > FUNCTION_LINES_MAX:
                problem(path, start, f'function of {i - start - 1} lines: split it, {FUNCTION_LINES_MAX} is the limit')
            start = None


def write_map(entries):
    text = ['# Map', '', 'Every source file and its sentence. Generated by `make map` from the second line of each file.', '']
    folder = None
    for path, sentence in entries:
        if os.path.dirname(path) != folder:
            folder = os.path.dirname(path)
            text += ['', f'## {folder}/', ''] if text[-1] else [f'## {folder}/', '']
        text.append(f'- `{os.path.basename(path)}` {sentence}')
    return '\n'.join(text) + '\n'


def main():
    edges, entries = {}, []
    for path in sources():
        with open(os.path.join(ROOT, path), encoding='utf-8') as f:
            lines = f.read().split('\n')[:-1]
        if room_of(path)[0] == 'gw' and not path.endswith('.def') and room_of(path)[1] not in RANK:
            problem(path, 1, f'the room {room_of(path)[1]} has no rank: add it to RANKS in tests/lint/rooms.py')
        entries.append((path, check_head(path, lines)))
        check_lengths(path, lines)
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if match:
                check_include(path, number, match.group(2), match.group(1) == '<', edges)
    find_cycle(edges)
    entries.sort(key=lambda e: (os.path.dirname(e[0]), e[0]))
    map_path = os.path.join(ROOT, 'docs', 'map.md')
    text = write_map(entries)
    if '--map' in sys.argv[1:]:
        os.makedirs(os.path.dirname(map_path), exist_ok=True)
        with open(map_path, 'w', encoding='utf-8') as f:
            f.write(text)
    else:
        old = ''
        if os.path.exists(map_path):
            with open(map_path, encoding='utf-8') as f:
                old = f.read()
        if old != text:
            problem('docs/map.md', 1, 'is not what the sources say: run `make map`')
    for p in problems:
        print(p)
    print(f'rooms: {len(entries)} files, {len(problems)} problems')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
