# SPDX-License-Identifier: BSD-3-Clause
# fish: completion of susurro. The program itself says what may come next, from the same tables as its help.
function __susurro_offers
    set -l words (commandline -opc)
    command $words[1] --complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -v '<*'
end
complete -c susurro -a '(__susurro_offers)'
