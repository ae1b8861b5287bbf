/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The guest's memory before its first instruction: kernel, initramfs, device tree.
 */
#include "fake.h"

#include <libfdt.h>
#include <string.h>

#include "vmm/load.h"

static struct load_entry entry;

static const void *tree(void)
{
    return fake_ram + (entry.argument - BOARD_RAM);
}

static const char *text(const char *path, const char *name)
{
    int node = fdt_path_offset(tree(), path);

    assert_true(node >= 0);
    return fdt_getprop(tree(), node, name, NULL);
}

static uint32_t cell(const char *path, const char *name, int index)
{
    const fdt32_t *cells = (const fdt32_t *)(const void *)text(path, name);

    assert_non_null(cells);
    return fdt32_to_cpu(cells[index]);
}

static void set_header(unsigned word, uint64_t value)
{
    memcpy(fake_kernel + 8 * word, &value, sizeof(value));
}

static void image(void **state)
{
    (void)state;
    fake.cleaned_bytes = 0;
    assert_true(load_guest(false, &entry));
    assert_int_equal(entry.pc, BOARD_RAM + 0x200000);
    assert_memory_equal(fake_ram + 0x200000, fake_kernel, sizeof(fake_kernel));
    assert_int_equal(entry.argument, BOARD_RAM + 0x400000);
    assert_int_equal(fake.cleaned_bytes, sizeof(fake_kernel) + 0x10000);
}

static void image_that_wants_the_start_of_ram(void **state)
{
    (void)state;
    set_header(3, 2);
    set_header(1, 0x80000);
    assert_true(load_guest(false, &entry));
    assert_int_equal(entry.pc, BOARD_RAM + 0x80000);
    set_header(2, 0);
    set_header(1, 0);
    assert_true(load_guest(false, &entry));
    assert_int_equal(entry.pc, BOARD_RAM + 0x80000);
}

static void used_memory_is_zeroed(void **state)
{
    (void)state;
    memset(fake_ram, 0xee, FAKE_RAM);
    assert_true(load_guest(true, &entry));
    assert_int_equal(fake_ram[0], 0);
    assert_int_equal(fake_ram[FAKE_RAM - 1], 0);
    assert_int_equal(fake_ram[0x200000 + sizeof(fake_kernel)], 0);
    assert_true(fake.kicks > 0);
    assert_true(fake.cleaned_bytes >= FAKE_RAM);
}

static void initrd(void **state)
{
    static uint8_t bytes[5000];

    (void)state;
    memset(bytes, 0x33, sizeof(bytes));
    config.initrd = (struct config_memory){(uintptr_t)bytes, sizeof(bytes), 22};
    assert_true(load_guest(false, &entry));
    assert_int_equal(cell("/chosen", "linux,initrd-start", 1), BOARD_RAM + 0x400000);
    assert_int_equal(cell("/chosen", "linux,initrd-end", 1), BOARD_RAM + 0x400000 + sizeof(bytes));
    assert_memory_equal(fake_ram + 0x400000, bytes, sizeof(bytes));
    assert_int_equal(entry.argument, BOARD_RAM + 0x600000);
}

static void device_tree(void **state)
{
    (void)state;
    assert_true(load_guest(false, &entry));
    assert_int_equal(fdt_check_header(tree()), 0);
    assert_true(fdt_totalsize(tree()) <= 0x10000);
    assert_string_equal(text("/", "compatible"), "linux,dummy-virt");
    assert_string_equal(text("/chosen", "bootargs"), "console=hvc0");
    assert_null(text("/chosen", "linux,initrd-start"));
    assert_int_equal(cell("/memory@40000000", "reg", 1), BOARD_RAM);
    assert_int_equal(cell("/memory@40000000", "reg", 3), FAKE_RAM);
    assert_string_equal(text("/psci", "method"), "hvc");
    assert_string_equal(text("/intc@8000000", "compatible"), "arm,gic-v3");
    assert_int_equal(cell("/intc@8000000", "reg", 5), BOARD_GICR);
    assert_int_equal(cell("/timer", "interrupts", 7), 11);
    assert_int_equal(cell("/pl011@9000000", "interrupts", 1), 1);
    assert_int_equal(cell("/pl031@9010000", "interrupts", 1), 2);
    assert_int_equal(cell("/virtio_mmio@a000000", "interrupts", 1), 16);
    assert_true(fdt_path_offset(tree(), "/flash@0") < 0);
}

static void no_console(void **state)
{
    (void)state;
    config.device[VM_CONSOLE] = (struct config_device){0};
    assert_true(load_guest(false, &entry));
    assert_true(fdt_path_offset(tree(), "/virtio_mmio@a000000") < 0);
}

static void firmware(void **state)
{
    static uint8_t rom[4096];

    (void)state;
    config.firmware = (struct config_memory){(uintptr_t)rom, sizeof(rom), 30};
    assert_true(load_guest(false, &entry));
    assert_int_equal(entry.pc, 0);
    assert_int_equal(entry.argument, BOARD_RAM);
    assert_int_equal(fdt_check_header(fake_ram), 0);
    assert_true(fdt_path_offset(tree(), "/flash@0") >= 0);
    assert_int_equal(cell("/memory@40000000", "reg", 3), FAKE_RAM - BOARD_FLASH_BACKED);
    assert_int_equal(fake_ram[FAKE_RAM - BOARD_FLASH_BACKED], 0xff);
    assert_int_equal(fake_ram[FAKE_RAM - 1], 0xff);
    assert_int_equal(fake_load(BOARD_FLASH, 4), UINT32_MAX);
    fake_store(BOARD_FLASH, 4, 0x98);
    assert_int_equal(fake_load(BOARD_FLASH, 1), 0xff);
}

/* Each case spoils one thing. */
static void what_cannot_be_loaded(void **state)
{
    static char long_line[0x11000];
    static const char *const said[] = {"not an arm64 Image", "big-endian", "does not fit into", "does not fit into",
                                       "too short",          "initramfs",  "too few",           "device tree"};

    memset(long_line, 'x', sizeof(long_line) - 1);
    for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        (void)fake_setup(state);
        if (i == 0)
            set_header(7, 0);
        else if (i == 1)
            set_header(3, 0xb);
        else if (i == 2)
            set_header(2, UINT64_MAX);
        else if (i == 3)
            set_header(1, UINT64_MAX);
        else if (i == 4)
            config.kernel.size = 63;
        else if (i == 5)
            config.initrd.size = FAKE_RAM;
        else if (i == 6)
            config.ram.size = 0x400000;
        else
            config.bootargs = long_line;
        assert_false(load_guest(false, &entry));
        assert_non_null(strstr(fake.output, said[i]));
    }
}

static uint64_t draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* Where sums wrap or just do not fit. */
static uint64_t lie(uint64_t *random)
{
    static const uint64_t some[] = {0,
                                    1,
                                    63,
                                    4096,
                                    0x80000,
                                    0x1fffff,
                                    0x200000,
                                    FAKE_RAM - 0x200000,
                                    FAKE_RAM - 1,
                                    FAKE_RAM,
                                    FAKE_RAM + 1,
                                    INT64_MAX,
                                    UINT64_MAX - 0x200000,
                                    UINT64_MAX - 0x1fffff,
                                    UINT64_MAX};
    uint64_t value = draw(random);

    return value >> 62 == 0 ? value : some[value % (sizeof(some) / sizeof(some[0]))];
}

/*
 * Headers, lengths and single bits that lie: the guest is refused with a line, or all that was loaded lies within its
 * RAM. (The sanitizers see what is written beyond.)
 */
static void whatever_the_files(void **state)
{
    static uint8_t bytes[3 << 20];
    uint64_t random = 1;
    unsigned refused = 0, loaded = 0;

    for (unsigned i = 0; i < 1500; i++) {
        (void)fake_setup(state);
        config.initrd = (struct config_memory){(uintptr_t)bytes, draw(&random) % sizeof(bytes), 22};
        if (i % 4 == 0)
            config.kernel.size = draw(&random) % sizeof(fake_kernel);
        else if (i % 4 == 1)
            config.initrd.size = FAKE_RAM + draw(&random) % (UINT64_MAX - FAKE_RAM);
        for (unsigned n = i % 3; n > 0; n--)
            set_header((unsigned)(1 + draw(&random) % 3), lie(&random));
        if (i % 5 == 0)
            fake_kernel[draw(&random) % 64] ^= (uint8_t)(1U << (draw(&random) % 8));
        if (!load_guest(false, &entry)) {
            assert_true(fake.output_length > 0);
            refused++;
            continue;
        }
        uint64_t kernel = entry.pc - BOARD_RAM;

        assert_true(kernel < FAKE_RAM && config.kernel.size <= FAKE_RAM - kernel);
        assert_memory_equal(fake_ram + kernel, fake_kernel, config.kernel.size);
        assert_true(entry.argument - BOARD_RAM <= FAKE_RAM - 0x10000);
        assert_true(entry.argument >= entry.pc + config.kernel.size + config.initrd.size);
        assert_int_equal(fdt_check_header(tree()), 0);
        loaded++;
    }
    assert_true(refused > 100 && loaded > 100);
}

int run_load_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(image, fake_setup),
        cmocka_unit_test_setup(image_that_wants_the_start_of_ram, fake_setup),
        cmocka_unit_test_setup(used_memory_is_zeroed, fake_setup),
        cmocka_unit_test_setup(initrd, fake_setup),
        cmocka_unit_test_setup(device_tree, fake_setup),
        cmocka_unit_test_setup(no_console, fake_setup),
        cmocka_unit_test_setup(firmware, fake_setup),
        cmocka_unit_test_setup(what_cannot_be_loaded, fake_setup),
        cmocka_unit_test_setup(whatever_the_files, fake_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
