#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# text.sh - Checks formatting of C, syntax of scripts, white space and left-over marks in every file of the tree.
set -uo pipefail
cd "$(dirname "$0")/../.."
bad=0

complain() {
	echo "$1"
	bad=$((bad + 1))
}

if git rev-parse --git-dir >/dev/null 2>&1; then
	mapfile -t files < <(git ls-files --cached --others --exclude-standard)
else # a source archive
	mapfile -t files < <(find . -type f -not -path './build*' -not -path './.git/*' | sed 's,^\./,,')
fi

c_files=()
for file in "${files[@]}"; do
	[ -f "$file" ] || continue
	case $file in
	*.c | *.h) c_files+=("$file") ;;
	*.py) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file" ||
		complain "text: $file: Python cannot read it" ;;
	*.sh) bash -n "$file" || complain "text: $file: bash cannot read it" ;;
	esac
done

if command -v clang-format >/dev/null; then
	clang-format --dry-run -Werror "${c_files[@]}" >/tmp/slimline-format.$$ 2>&1
	for file in $(sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: error: .*/\1/p' /tmp/slimline-format.$$ | sort -u); do
		complain "text: $file: not formatted; run \`make fmt\`"
	done
	rm -f /tmp/slimline-format.$$
else
	echo "text: clang-format is not installed, formatting not checked"
fi

# Text files only; vectors and captures are left alone.
while IFS= read -r hit; do
	complain "text: $hit: blanks at the end of the line"
done < <(printf '%s\0' "${files[@]}" | xargs -0 grep -InE '[ 	]+$' -- 2>/dev/null |
	grep -vE '^(LICENSE|tests/vectors|tests/fuzz/corpus)' | cut -d: -f1,2)
while IFS= read -r hit; do
	complain "text: $hit: a left-over mark; finish it or take it out"
done < <(printf '%s\0' "${files[@]}" | xargs -0 grep -InwE '(TO[D]O|FI[X]ME|X[X]X)|^(<<<<<<<|>>>>>>>) ' -- 2>/dev/null |
	grep -vE '^LICENSE' | cut -d: -f1,2)

echo "text: ${#files[@]} files, $bad problems"
[ "$bad" = 0 ]
