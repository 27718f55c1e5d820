# SPDX-License-Identifier: BSD-3-Clause
# cmake -DMO=a.mo;b.mo -DOUT=x.c -P EmbedCatalogues.cmake: the files' bytes as C arrays.
set(arrays "#include \"base/i18n_int.h\"\n")
set(table "")
foreach(mo IN LISTS MO)
  get_filename_component(language ${mo} NAME_WE)
  file(READ ${mo} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const uint8_t mo_${language}[] = {${bytes}};\n")
  string(APPEND table "    {\"${language}\", mo_${language}, sizeof mo_${language}},\n")
endforeach()
file(WRITE ${OUT} "${arrays}const struct i18n_catalogue i18n_catalogues[] = {\n${table}};\n\
const size_t i18n_n_catalogues = sizeof i18n_catalogues / sizeof i18n_catalogues[0];\n")
