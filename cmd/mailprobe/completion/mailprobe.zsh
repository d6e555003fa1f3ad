#compdef mailprobe
compdef _mailprobe mailprobe

# Completion of mailprobe for zsh: the program says what the word at the cursor can
# become. Nothing of the line is expanded or run.

_mailprobe() {
    local -a answers described
    local line directive
    answers=("${(@f)$("${(Q)words[1]/#\~\//$HOME/}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    directive=${answers[-1]#:}
    answers[-1]=()
    [[ $directive == <-> ]] && ((!(directive & 1))) || return 1

    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    if ((directive & 16)); then
        _files -/
        return
    fi
    if ((${#answers} == 0)); then
        ((directive & 4)) || _files
        return
    fi
    for line in $answers; do
        line=${line//:/\\:}
        described+=("${line/$'\t'/:}")
    done
    if ((directive & 2)); then
        _describe -t values value described -S ''
    else
        _describe -t values value described
    fi
}

# As a file in $fpath this is the body of the function, too.
if [[ $funcstack[1] == _mailprobe ]]; then
    _mailprobe "$@"
fi
