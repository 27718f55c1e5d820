# SPDX-License-Identifier: BSD-3-Clause
# bash: completion of susurro. The program itself says what may come next, from the same tables as its help.
_susurro()
{
    local -a words=()
    local word i
    # bash parts words at : and = (COMP_WORDBREAKS); links and --option=value hold both.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]} > 0)) && [[ $word == [:=]* || ${words[-1]} == *[:=] ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    COMPREPLY=()
    while IFS=$'\t' read -r word _; do
        [[ $word == '<'* ]] || COMPREPLY+=("$word")
    done < <("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null)
}
complete -o default -F _susurro susurro
