// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Copies with a PASID: a driver of the device model dma (devices/README.md) that attaches a domain
 * to PASID 5, lets the device copy a page there, unmaps the target, and lets it copy once more.
 * What it prints is what LinuxBootTest reads.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

#define PASID 5
#define SOURCE 0x10000000UL
#define TARGET 0x10002000UL

#define QUEUE 0x1000
#define RING_BASE (QUEUE + 0x00)
#define COMPLETION_BASE (QUEUE + 0x08)
#define RING_LOG2 (QUEUE + 0x10)
#define QUEUE_PASID (QUEUE + 0x14)
#define CTRL (QUEUE + 0x18)
#define STATUS (QUEUE + 0x1c)
#define TAIL (QUEUE + 0x20)
#define HEAD (QUEUE + 0x24)

#define COPY 1
#define COMPLETIONS 0x800

struct copier {
	struct device *dev;
	void __iomem *bar;
	__le64 *ring;
	u32 tail;
};

/* Copies a page of PASID 5; the status of its completion. There is no end to the wait but the test's. */
static unsigned int copy(struct copier *c)
{
	__le64 *descriptor = c->ring + c->tail * 8;
	__le64 *completion = c->ring + COMPLETIONS / 8 + c->tail * 4;

	descriptor[0] = cpu_to_le64((u64)PAGE_SIZE << 32 | COPY);
	descriptor[1] = cpu_to_le64(SOURCE);
	descriptor[2] = cpu_to_le64(TARGET);
	descriptor[4] = cpu_to_le64(c->tail + 1);
	c->tail++;
	writel(c->tail, c->bar + TAIL); /* which orders what was written before */
	while (readl(c->bar + HEAD) != c->tail && !(readl(c->bar + STATUS) & 2))
		msleep(1);
	return le64_to_cpu(completion[0]) & 0xff;
}

static void try(struct copier *c, struct iommu_domain *domain, u8 *source, u8 *target)
{
	unsigned int status;
	int i;

	for (i = 0; i < PAGE_SIZE; i++)
		source[i] = i * 7 + 3;
	status = copy(c);
	dev_info(c->dev, "copy with PASID %d: status %u, %s\n", PASID, status,
		 memcmp(source, target, PAGE_SIZE) ? "DIFFERENT" : "SAME");

	memset(target, 0x55, PAGE_SIZE);
	dev_info(c->dev, "iommu_unmap: %zu bytes\n", iommu_unmap(domain, TARGET, PAGE_SIZE));
	status = copy(c);
	dev_info(c->dev, "copy after iommu_unmap: status %u, %s\n", status,
		 memchr_inv(target, 0x55, PAGE_SIZE) ? "WRITTEN" : "UNTOUCHED");
}

static int map_and_try(struct copier *c, struct page *source, struct page *target)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(c->dev);
	int prot = IOMMU_READ | IOMMU_WRITE;
	int err;

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	err = iommu_map(domain, SOURCE, page_to_phys(source), PAGE_SIZE, prot, GFP_KERNEL);
	if (!err)
		err = iommu_map(domain, TARGET, page_to_phys(target), PAGE_SIZE, prot, GFP_KERNEL);
	if (!err) {
		err = iommu_attach_device_pasid(domain, c->dev, PASID, NULL);
		dev_info(c->dev, "iommu_attach_device_pasid: %d\n", err);
	}
	if (!err) {
		writel(BIT(31) | PASID, c->bar + QUEUE_PASID);
		writel(1, c->bar + CTRL);
		try(c, domain, page_address(source), page_address(target));
		writel(0, c->bar + CTRL);
		while (readl(c->bar + STATUS) & 1)
			msleep(1);
		iommu_detach_device_pasid(domain, c->dev, PASID);
	}
	if (iommu_iova_to_phys(domain, SOURCE))
		iommu_unmap(domain, SOURCE, PAGE_SIZE);
	if (iommu_iova_to_phys(domain, TARGET))
		iommu_unmap(domain, TARGET, PAGE_SIZE);
	iommu_domain_free(domain);
	return err;
}

static int pasid_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct copier c = { .dev = &pdev->dev };
	struct page *source = alloc_page(GFP_KERNEL), *target = alloc_page(GFP_KERNEL);
	dma_addr_t ring;
	int err;

	err = source && target ? pcim_enable_device(pdev) : -ENOMEM;
	if (!err) {
		pci_set_master(pdev);
		err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(48));
	}
	c.bar = err ? NULL : pcim_iomap(pdev, 0, 0);
	c.ring = c.bar ? dmam_alloc_coherent(&pdev->dev, PAGE_SIZE, &ring, GFP_KERNEL) : NULL;
	if (!c.ring) {
		err = err ?: -ENOMEM;
	} else {
		writeq(ring, c.bar + RING_BASE);
		writeq(ring + COMPLETIONS, c.bar + COMPLETION_BASE);
		writel(4, c.bar + RING_LOG2);
		err = map_and_try(&c, source, target);
	}
	if (source)
		__free_page(source);
	if (target)
		__free_page(target);
	dev_info(&pdev->dev, "pasid: done, %d\n", err);
	return err;
}

static const struct pci_device_id pasid_ids[] = { { PCI_DEVICE(0x534d, 0x0001) }, {} };
MODULE_DEVICE_TABLE(pci, pasid_ids);

static struct pci_driver pasid_driver = {
	.name = "pasid",
	.id_table = pasid_ids,
	.probe = pasid_probe,
};
module_pci_driver(pasid_driver);

MODULE_DESCRIPTION("Copies of a dma device with a PASID");
MODULE_LICENSE("Dual MIT/GPL");
