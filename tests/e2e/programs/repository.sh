#!/usr/bin/env bash
# A day with git: commits, branches, merges, conflicts, clones, pushes, packs, hooks and worktrees. Dates are fixed, so that
# every object has the same name in every run.
# shellcheck disable=SC2016  # the hook expands its own
set -u
export GIT_AUTHOR_NAME=author GIT_AUTHOR_EMAIL=author@example.org GIT_COMMITTER_NAME=committer GIT_COMMITTER_EMAIL=committer@example.org
export GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat GIT_EDITOR=true
export GIT_AUTHOR_DATE='1690000000 +0000' GIT_COMMITTER_DATE='1690000000 +0000'
tick=1700000000
commit() {
    tick=$((tick + 60))
    GIT_AUTHOR_DATE="$tick +0000" GIT_COMMITTER_DATE="$tick +0000" git commit -q "$@"
}

git init -q -b main first
cd first || exit
mkdir -p a/b
for i in $(seq 1 60); do seq "$i" $((i * 20)) >"a/b/file.$i"; done
echo readme >README
git add .
commit -m 'first commit'
git status --short
for i in 1 2 3 4 5 6; do
    seq "$i" 500 >"a/changing"
    git add a/changing
    commit -m "change $i"
done
git log --oneline | head -n 3
git log --stat -1
git diff HEAD~2 --shortstat
git checkout -q -b side HEAD~3
echo side >README
commit -am 'on the side'
git checkout -q main
echo main >README
commit -am 'on main'
git merge side 2>&1
echo "conflict $?"
git status --short
echo both >README
git add README
commit -m 'merged'
git log --graph --format=%s | head -n 6
git rev-parse HEAD
git stash list
echo work >>README
git stash -q && git stash list | wc -l && git stash pop -q
git checkout -q -- README
git tag -a -m 'a tag' v1 2>&1
git grep -c 499 -- a | head -n 3
git blame -s README
printf '#!/bin/sh\necho "hook: $(git diff --cached --name-only)"\nexit 1\n' >.git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
echo hooked >>README
commit -am 'refused' 2>&1
echo "hook $?"
rm .git/hooks/pre-commit
git checkout -q -- README

cd ..
git clone -q first cloned && echo "cloned $?"
git clone -q --bare "file://$PWD/first" bare.git 2>&1
echo "bare $?"
cd cloned || exit
git rev-parse HEAD
echo pushed >pushed
git add pushed
commit -m 'to push'
git push -q ../bare.git main 2>&1
echo "push $?"
cd ../first || exit
git pull -q ../bare.git main 2>&1
echo "pull $?"
git rev-parse HEAD
git worktree add -q ../tree side 2>&1 && cat ../tree/README
git checkout -q -b topic main~1
echo topic >topic
git add topic
commit -m 'on a topic'
git rebase -q main 2>&1
echo "rebase $?"
git log --format='%h %s' | head -n 3
git gc -q --aggressive
echo "gc $?"
git count-objects -v | grep -E '^(count|in-pack|packs|garbage)'
git fsck --full --strict 2>&1
echo "fsck $?"
git repack -q -a -d --threads=2
git archive --format=tar HEAD | tar t | wc -l
git bundle create -q ../all.bundle --all && git bundle verify -q ../all.bundle >/dev/null 2>&1
echo "bundle $?"
git cat-file --batch-check='%(objecttype)' --batch-all-objects | sort | uniq -c
# A damaged object is found.
object=$(git rev-parse HEAD:README)
git unpack-objects -q <<<'' 2>/dev/null
echo "unpack $?"
git cat-file -p "$object"
git show none 2>&1
echo "none $?"
cd / && git log 2>&1
echo "no repository $?"
