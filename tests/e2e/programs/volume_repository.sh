#!/usr/bin/env bash
# git in a fresh directory (the argument): commits, branches, clone, gc, worktree. Dates are fixed, so objects have the same names
# wherever it runs.
set -eu
export GIT_AUTHOR_NAME=author GIT_AUTHOR_EMAIL=author@example.org GIT_COMMITTER_NAME=committer GIT_COMMITTER_EMAIL=committer@example.org
export GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat GIT_EDITOR=true HOME=$1
export GIT_AUTHOR_DATE='1690000000 +0000' GIT_COMMITTER_DATE='1690000000 +0000'
cd "$1"
git init -q -b main first
cd first
mkdir -p a/b
for i in {1..80}; do
    for ((n = 0; n < i * 10; n++)); do echo "$i $n"; done >"a/b/file.$i"
done
git add .
git commit -q -m 'first commit'
git status --short
for i in 1 2 3 4; do
    echo "$i" >>a/changing
    git add a/changing
    git commit -q -m "change $i"
done
git checkout -q -b side HEAD~2
echo side >README
git add README
git commit -q -m side
git checkout -q main
git merge -q -m merged side
git gc -q
git rev-parse HEAD
git log --graph --format=%s
git count-objects
cd ..
git clone -q first second
git -C second log --oneline | head -n 2
git clone -q --bare first bare.git
git -C second worktree add -q ../tree side
git -C second push -q ../bare.git HEAD:other
git -C bare.git gc -q --prune=now
for repository in first second bare.git; do git -C "$repository" fsck --full --strict; done
git -C first mv a/changing a/renamed
git -C first status --short
git -C first clean -fdxq
rm -rf tree
git -C second worktree prune
git -C second grep -c '80 7' -- a | tail -n 1
