/*
 * SPDX-FileCopyrightText: The Quoll authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nodes and properties as the bindings in Linux' Documentation/devicetree describe them. Errors of libfdt add up in the
 * writer; the first one is kept.
 */
#include "device_tree.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "vm.h"

enum { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2 };
enum { SPI = 0, PPI = 1, EDGE_RISING = 1, LEVEL_HIGH = 4 };
enum { PPI_SECURE_TIMER = 13, PPI_PHYSICAL_TIMER = 14, PPI_VIRTUAL_TIMER = 11, PPI_HYPERVISOR_TIMER = 10 };

/* Function numbers that PSCI before 0.2 wants to be told */
enum { LEGACY_CPU_SUSPEND = 0, LEGACY_CPU_OFF = 1, LEGACY_CPU_ON = 2 };

struct writer {
    void *fdt;
    int error;
};

static void keep(struct writer *writer, int error)
{
    if (writer->error == 0)
        writer->error = error;
}

static void begin(struct writer *writer, const char *name)
{
    keep(writer, fdt_begin_node(writer->fdt, name));
}

static void end(struct writer *writer)
{
    keep(writer, fdt_end_node(writer->fdt));
}

static void bytes(struct writer *writer, const char *name, const void *value, size_t size)
{
    keep(writer, fdt_property(writer->fdt, name, value, (int)size));
}

static void string(struct writer *writer, const char *name, const char *value)
{
    bytes(writer, name, value, strlen(value) + 1);
}

static void flag(struct writer *writer, const char *name)
{
    bytes(writer, name, "", 0);
}

static void cells(struct writer *writer, const char *name, const uint32_t *value, size_t count)
{
    fdt32_t big_endian[16] = {0};

    if (count > sizeof(big_endian) / sizeof(big_endian[0])) {
        keep(writer, -FDT_ERR_BADVALUE);
        return;
    }
    for (size_t i = 0; i < count; i++)
        big_endian[i] = cpu_to_fdt32(value[i]);
    bytes(writer, name, big_endian, count * sizeof(big_endian[0]));
}

#define CELLS(writer, name, ...) \
    cells(writer, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static uint32_t high(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static uint32_t low(uint64_t value)
{
    return (uint32_t)value;
}

static void registers(struct writer *writer, uint64_t address, uint64_t size)
{
    CELLS(writer, "reg", high(address), low(address), high(size), low(size));
}

static void begin_at(struct writer *writer, const char *name, uint64_t address)
{
    char full[40] = "";

    (void)snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)address);
    begin(writer, full);
}

static void write_chosen(struct writer *writer, uint64_t initrd_start, uint64_t initrd_end)
{
    begin(writer, "chosen");
    string(writer, "bootargs", config.bootargs);
    string(writer, "stdout-path", "/pl011@9000000");
    if (initrd_start != initrd_end) {
        CELLS(writer, "linux,initrd-start", high(initrd_start), low(initrd_start));
        CELLS(writer, "linux,initrd-end", high(initrd_end), low(initrd_end));
    }
    end(writer);
}

static void write_cpus(struct writer *writer)
{
    begin(writer, "cpus");
    CELLS(writer, "#address-cells", 1);
    CELLS(writer, "#size-cells", 0);
    for (uint32_t i = 0; i < VGIC_VCPUS; i++) {
        begin_at(writer, "cpu", i);
        string(writer, "device_type", "cpu");
        string(writer, "compatible", "arm,armv8");
        string(writer, "enable-method", "psci");
        CELLS(writer, "reg", i);
        end(writer);
    }
    end(writer);
    begin(writer, "psci");
    bytes(writer, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci", sizeof("arm,psci-1.0\0arm,psci-0.2\0arm,psci"));
    string(writer, "method", "hvc");
    CELLS(writer, "cpu_suspend", 0xc4000001U + LEGACY_CPU_SUSPEND);
    CELLS(writer, "cpu_off", 0x84000001U + LEGACY_CPU_OFF);
    CELLS(writer, "cpu_on", 0xc4000001U + LEGACY_CPU_ON);
    end(writer);
    begin(writer, "timer");
    bytes(writer, "compatible", "arm,armv8-timer\0arm,armv7-timer", sizeof("arm,armv8-timer\0arm,armv7-timer"));
    flag(writer, "always-on");
    CELLS(writer, "interrupts", PPI, PPI_SECURE_TIMER, LEVEL_HIGH, PPI, PPI_PHYSICAL_TIMER, LEVEL_HIGH, PPI,
          PPI_VIRTUAL_TIMER, LEVEL_HIGH, PPI, PPI_HYPERVISOR_TIMER, LEVEL_HIGH);
    end(writer);
}

static void write_interrupt_controller(struct writer *writer)
{
    begin_at(writer, "intc", BOARD_GICD);
    string(writer, "compatible", "arm,gic-v3");
    CELLS(writer, "#interrupt-cells", 3);
    flag(writer, "interrupt-controller");
    CELLS(writer, "#redistributor-regions", 1);
    CELLS(writer, "reg", 0, BOARD_GICD, 0, BOARD_GICD_SIZE, 0, BOARD_GICR, 0, BOARD_GICR_SIZE * VGIC_VCPUS);
    CELLS(writer, "phandle", PHANDLE_GIC);
    end(writer);
}

static void write_primecell(struct writer *writer, const char *name, const char *compatible, size_t compatible_size,
                            uint64_t address, uint32_t interrupt)
{
    begin_at(writer, name, address);
    bytes(writer, "compatible", compatible, compatible_size);
    registers(writer, address, 0x1000);
    CELLS(writer, "interrupts", SPI, interrupt - VGIC_PRIVATE, LEVEL_HIGH);
}

static void write_virtio(struct writer *writer, const struct config_device *device)
{
    uint64_t address = BOARD_VIRTIO + (uint64_t)device->slot * BOARD_VIRTIO_STRIDE;

    if (!device->present)
        return;
    begin_at(writer, "virtio_mmio", address);
    string(writer, "compatible", "virtio,mmio");
    registers(writer, address, BOARD_VIRTIO_STRIDE);
    CELLS(writer, "interrupts", SPI, BOARD_INTID_VIRTIO - VGIC_PRIVATE + device->slot, EDGE_RISING);
    flag(writer, "dma-coherent");
    end(writer);
}

static void write_devices(struct writer *writer)
{
    static const char uart[] = "arm,pl011\0arm,primecell";
    static const char clock[] = "arm,pl031\0arm,primecell";

    begin(writer, "apb-pclk");
    string(writer, "compatible", "fixed-clock");
    CELLS(writer, "#clock-cells", 0);
    CELLS(writer, "clock-frequency", 24000000);
    string(writer, "clock-output-names", "clk24mhz");
    CELLS(writer, "phandle", PHANDLE_CLOCK);
    end(writer);

    write_primecell(writer, "pl011", uart, sizeof(uart), BOARD_PL011, BOARD_INTID_PL011);
    CELLS(writer, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
    bytes(writer, "clock-names", "uartclk\0apb_pclk", sizeof("uartclk\0apb_pclk"));
    end(writer);

    write_primecell(writer, "pl031", clock, sizeof(clock), BOARD_PL031, BOARD_INTID_PL031);
    CELLS(writer, "clocks", PHANDLE_CLOCK);
    string(writer, "clock-names", "apb_pclk");
    end(writer);

    for (unsigned i = 0; i < VM_DEVICE_COUNT; i++)
        write_virtio(writer, &config.device[i]);
}

static void write_flash(struct writer *writer)
{
    begin_at(writer, "flash", BOARD_ROM);
    string(writer, "compatible", "cfi-flash");
    CELLS(writer, "reg", 0, BOARD_ROM, 0, BOARD_FLASH - BOARD_ROM, 0, BOARD_FLASH, 0, BOARD_FLASH_END - BOARD_FLASH);
    CELLS(writer, "bank-width", 4);
    end(writer);
}

int device_tree_write(void *buffer, uint32_t size, uint64_t initrd_start, uint64_t initrd_end)
{
    struct writer writer = {.fdt = buffer, .error = fdt_create(buffer, (int)size)};

    keep(&writer, fdt_finish_reservemap(buffer));
    begin(&writer, "");
    string(&writer, "compatible", "linux,dummy-virt");
    string(&writer, "model", "linux,dummy-virt");
    CELLS(&writer, "#address-cells", 2);
    CELLS(&writer, "#size-cells", 2);
    CELLS(&writer, "interrupt-parent", PHANDLE_GIC);
    write_chosen(&writer, initrd_start, initrd_end);
    begin_at(&writer, "memory", BOARD_RAM);
    string(&writer, "device_type", "memory");
    registers(&writer, BOARD_RAM, vm_ram_size());
    end(&writer);
    write_cpus(&writer);
    write_interrupt_controller(&writer);
    write_devices(&writer);
    if (config.firmware.size != 0)
        write_flash(&writer);
    end(&writer);
    keep(&writer, fdt_finish(buffer));
    return writer.error;
}
