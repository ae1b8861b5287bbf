/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * ELF-64 (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit Architecture). The file is not trusted: every offset
 * is compared with its size before use.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "abi/calls.h"
#include "tools/quoll/arena.h"
#include "tools/quoll/elf.h"
#include "tools/quoll/tables.h"
#include "tools/quoll/value.h"

enum { PAGE = 4096, SYMBOLS_MAX = 1 << 20 };

struct input {
    struct file file;
    struct position at;
    Elf64_Ehdr header;
};

/* Whether [offset, offset + size) lies in the file. */
static bool inside(const struct input *input, uint64_t offset, uint64_t size)
{
    return offset <= input->file.size && size <= input->file.size - offset;
}

static bool read_header(struct input *input)
{
    Elf64_Ehdr *header = &input->header;
    const char *path = input->file.path;

    if (input->file.size < sizeof *header || memcmp(input->file.data, ELFMAG, SELFMAG) != 0) {
        mistake(input->at, "the program %s is not an ELF file; name a linked AArch64 program", path);
        return false;
    }
    memcpy(header, input->file.data, sizeof *header);
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_AARCH64) {
        mistake(input->at, "the program %s is not for 64-bit little-endian Arm; build it with aarch64-linux-gnu-gcc",
                path);
        return false;
    }
    if (header->e_type != ET_EXEC) {
        mistake(input->at, "the program %s is not a static executable; link it with -static -no-pie", path);
        return false;
    }
    if (header->e_phentsize != sizeof(Elf64_Phdr) ||
        !inside(input, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr))) {
        mistake(input->at, "the program headers of %s are not in the file; link it again", path);
        return false;
    }
    return true;
}

static void program_header(const struct input *input, unsigned index, Elf64_Phdr *header)
{
    memcpy(header, input->file.data + input->header.e_phoff + index * sizeof *header, sizeof *header);
}

static uint64_t segment_attributes(const Elf64_Phdr *header)
{
    return ((header->p_flags & PF_R) != 0 ? QUOLL_MAP_READ : 0u) |
           ((header->p_flags & PF_W) != 0 ? QUOLL_MAP_WRITE : 0u) |
           ((header->p_flags & PF_X) != 0 ? QUOLL_MAP_EXECUTE : 0u);
}

static bool check_segment(const struct input *input, const Elf64_Phdr *header)
{
    const char *path = input->file.path;
    uint64_t address = header->p_vaddr;

    if (!inside(input, header->p_offset, header->p_filesz) || header->p_filesz > header->p_memsz) {
        mistake(input->at, "a segment of %s is not in the file; link it again", path);
        return false;
    }
    if ((header->p_flags & PF_W) != 0 && (header->p_flags & PF_X) != 0) {
        mistake(input->at,
                "the segment of %s at 0x%" PRIx64 " is writable and executable; link text and data into segments of "
                "their own (no -N, no --omagic)",
                path, address);
        return false;
    }
    if (address < PAGE || address >= PROGRAM_LIMIT || header->p_memsz > PROGRAM_LIMIT - address) {
        mistake(input->at,
                "the segment of %s at 0x%" PRIx64 " is outside 0x1000..0x%" PRIx64 ", where programs lie; link it at "
                "0x400000",
                path, address, PROGRAM_LIMIT);
        return false;
    }
    return true;
}

static bool add_segment(const struct input *input, const Elf64_Phdr *header, struct program *program)
{
    uint64_t lead = header->p_vaddr % PAGE;
    struct program_segment *segment = &program->segments[program->segment_count];
    unsigned char *data = NULL;

    if (!check_segment(input, header))
        return false;
    if (program->segment_count == PROGRAM_SEGMENTS_MAX) {
        mistake(input->at, "the program %s has more than %d segments; link it with fewer", input->file.path,
                PROGRAM_SEGMENTS_MAX);
        return false;
    }
    data = arena_allocate(lead + header->p_filesz, 1);
    memcpy(data + lead, input->file.data + header->p_offset, header->p_filesz);
    *segment = (struct program_segment){.address = header->p_vaddr - lead,
                                        .memory_size = (lead + header->p_memsz + PAGE - 1) / PAGE * PAGE,
                                        .file_size = lead + header->p_filesz,
                                        .data = data,
                                        .attributes = segment_attributes(header)};
    for (unsigned i = 0; i < program->segment_count; i++) {
        const struct program_segment *other = &program->segments[i];

        if (segment->address < other->address + other->memory_size &&
            other->address < segment->address + segment->memory_size) {
            mistake(input->at,
                    "two segments of %s share the page at 0x%" PRIx64
                    "; link it with -z max-page-size=4096 and segments "
                    "on pages of their own",
                    input->file.path, segment->address > other->address ? segment->address : other->address);
            return false;
        }
    }
    if ((segment->attributes & QUOLL_MAP_WRITE) != 0)
        program->memory += segment->memory_size;
    program->segment_count++;
    return true;
}

static bool read_segments(const struct input *input, struct program *program)
{
    bool entry_found = false;

    for (unsigned i = 0; i < input->header.e_phnum; i++) {
        Elf64_Phdr header = {0};

        program_header(input, i, &header);
        if (header.p_type == PT_INTERP || header.p_type == PT_DYNAMIC) {
            mistake(input->at, "the program %s is linked dynamically; link it with -static -no-pie", input->file.path);
            return false;
        }
        if (header.p_type == PT_LOAD && header.p_memsz != 0 && !add_segment(input, &header, program))
            return false;
    }
    if (program->segment_count == 0) {
        mistake(input->at, "the program %s has nothing to load; link it again", input->file.path);
        return false;
    }
    for (unsigned i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];

        entry_found = entry_found || ((segment->attributes & QUOLL_MAP_EXECUTE) != 0 &&
                                      program->entry - segment->address < segment->memory_size);
    }
    if (!entry_found)
        mistake(input->at, "the entry of %s, 0x%" PRIx64 ", is not in its code; link it with an entry symbol `_start`",
                input->file.path, program->entry);
    return entry_found;
}

/* The string at `offset` of a string table, or NULL when it does not end inside. */
static const char *string_at(const struct input *input, const Elf64_Shdr *strings, uint64_t offset)
{
    const char *text = (const char *)input->file.data + strings->sh_offset + offset;

    if (offset >= strings->sh_size || memchr(text, '\0', strings->sh_size - offset) == NULL)
        return NULL;
    return text;
}

static int by_address(const void *a, const void *b)
{
    const struct program_symbol *left = a;
    const struct program_symbol *right = b;

    if (left->address != right->address)
        return left->address < right->address ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void take_symbol(const struct input *input, const Elf64_Shdr *strings, const Elf64_Sym *symbol,
                        struct program *program)
{
    unsigned char type = ELF64_ST_TYPE(symbol->st_info);
    const char *name = string_at(input, strings, symbol->st_name);

    if (name == NULL || name[0] == '\0' || name[0] == '$')
        return;
    if (type == STT_FILE)
        *ARRAY_ADD(program->sources, program->source_count) = name;
    if (type == STT_FUNC && symbol->st_shndx != SHN_UNDEF && strlen(name) < 256)
        *ARRAY_ADD(program->symbols, program->symbol_count) =
            (struct program_symbol){symbol->st_value, (uint32_t)symbol->st_size, name};
}

static bool section_header(const struct input *input, unsigned index, Elf64_Shdr *section)
{
    uint64_t offset = input->header.e_shoff + (uint64_t)index * sizeof *section;

    if (index >= input->header.e_shnum || input->header.e_shentsize != sizeof *section ||
        input->header.e_shoff > input->file.size || !inside(input, offset, sizeof *section))
        return false;
    memcpy(section, input->file.data + offset, sizeof *section);
    return section->sh_type == SHT_NOBITS || inside(input, section->sh_offset, section->sh_size);
}

/* Symbols are for fault reports only: a program without readable ones is good. */
static void read_symbols(const struct input *input, struct program *program)
{
    for (unsigned i = 0; i < input->header.e_shnum; i++) {
        Elf64_Shdr table = {0};
        Elf64_Shdr strings = {0};
        uint64_t count = 0;

        if (!section_header(input, i, &table) || table.sh_type != SHT_SYMTAB ||
            !section_header(input, table.sh_link, &strings) || strings.sh_type != SHT_STRTAB)
            continue;
        count = table.sh_size / sizeof(Elf64_Sym);
        for (uint64_t j = 0; j < count && j < SYMBOLS_MAX; j++) {
            Elf64_Sym symbol = {0};

            memcpy(&symbol, input->file.data + table.sh_offset + j * sizeof symbol, sizeof symbol);
            take_symbol(input, &strings, &symbol, program);
        }
    }
    if (program->symbol_count != 0)
        qsort(program->symbols, program->symbol_count, sizeof *program->symbols, by_address);
    /* Assembly routines have no size: they reach to the next function. */
    for (unsigned i = 0; i + 1 < program->symbol_count; i++)
        if (program->symbols[i].size == 0)
            program->symbols[i].size = (uint32_t)(program->symbols[i + 1].address - program->symbols[i].address);
}

bool program_read(const char *path, struct position at, struct program *program)
{
    struct input input = {.at = at};

    *program = (struct program){.path = path};
    file_read(path, FILE_SIZE_MAX, &input.file);
    if (!read_header(&input))
        return false;
    program->entry = input.header.e_entry;
    if (!read_segments(&input, program))
        return false;
    read_symbols(&input, program);
    return true;
}
