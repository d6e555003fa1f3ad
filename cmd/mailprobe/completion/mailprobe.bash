# Completion of mailprobe for bash, with or without the package bash-completion.
#
# bash breaks words at "=", ":" and "@" as well, and replaces the last. So the word at the cursor is put together
# again, the program asked for what it can become, and of each answer only that part
# returned which bash is about to replace.

_mailprobe() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() last=-1 i piece
    for ((i = 0; i < COMP_CWORD; i++)); do
        if [[ $last -lt 0 || $rest == [[:space:]]* ]]; then
            rest=${rest#"${rest%%[![:space:]]*}"}
            words[++last]=
        fi
        piece=${COMP_WORDS[i]}
        words[last]+=$piece
        rest=${rest:${#piece}}
    done
    local at=${rest#"${rest%%[![:space:]]*}"} # what bash has as the word at the cursor
    if [[ $last -lt 0 || $rest == [[:space:]]* || -z ${words[last]} ]]; then
        words[++last]=
    fi
    local cur=${words[last]}$at
    words[last]=$cur
    [[ $at == [=:]* ]] && at=${at:1}
    [[ $cur == *"@$at" && ${COMP_WORDS[COMP_CWORD - 1]} == *@ ]] && at=@$at
    local before=${cur%"$at"} program=${words[0]/#\~\//$HOME/}

    local answers=() line directive=0
    while IFS= read -r line; do
        answers+=("$line")
    done < <("$program" __completeNoDesc "${words[@]:1}" 2>/dev/null)
    if ((${#answers[@]} > 0)); then
        directive=${answers[${#answers[@]} - 1]#:}
        unset "answers[${#answers[@]}-1]"
    fi
    [[ $directive =~ ^[0-9]+$ ]] && ((!(directive & 1))) || return

    COMPREPLY=()
    local flag=
    [[ $cur == -*=* ]] && flag=${cur%%=*}=
    for line in "${answers[@]}"; do
        line=$flag$line
        if [[ $line == "$cur"* ]]; then
            printf -v line %q "${line#"$before"}"
            COMPREPLY+=("$line")
        fi
    done
    if ((directive & 2)); then
        compopt -o nospace 2>/dev/null
    fi
    if ((directive & 16)); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$at")
    elif ((!(directive & 4) && ${#COMPREPLY[@]} == 0)); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$at")
    fi
}

complete -F _mailprobe mailprobe
