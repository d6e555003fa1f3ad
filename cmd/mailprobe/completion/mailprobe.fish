# Completion of mailprobe for fish: the program says what the word at the cursor can
# become.

function __mailprobe_answers
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l answers ($program __complete $words[2..-1] "$typed" 2>/dev/null)
    set -l directive (string replace ':' '' -- $answers[-1])
    string match -qr '^[0-9]+$' -- "$directive"; or return
    set -e answers[-1]

    set -l flag (string match -r -- '^-[^=]*=' $typed)
    set -l value (string replace -- "$flag" '' $typed)
    if contains $directive 16 18 20 22
        set answers (__fish_complete_directories $value)
    else if test (count $answers) -eq 0; and not contains $directive 4 6
        set answers (__fish_complete_path $value)
    end
    for answer in $answers
        printf '%s%s\n' "$flag" $answer
    end
end

complete -c mailprobe -e
complete -c mailprobe -f -a '(__mailprobe_answers)'
