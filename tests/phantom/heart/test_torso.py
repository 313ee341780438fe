import numpy as np

from scarmap.phantom.heart.torso import draw_torso, torso_layers


def _layers(torso):
    line = np.arange(-250, 250, 4, dtype=np.float32)
    u_mm, v_mm = line[:, None], line[None, :]
    flat = np.zeros((line.size, line.size), dtype=np.float32)
    return (
        list(torso_layers(torso, u_mm, v_mm, height_mm=45.0, pixel_mm=4.0, vessels=flat)),
        u_mm,
        v_mm,
    )


def test_every_torso_has_chest_wall_lung_and_liver_inside_its_skin():
    for seed in range(5):
        layers, u_mm, v_mm = _layers(draw_torso(np.random.default_rng(seed), heart_radius_mm=33.0))
        assert {"fat", "muscle", "bone", "marrow", "lung", "liver"} <= {
            layer.tissue for layer in layers
        }
        body = layers[0].share
        visible = body[(np.abs(v_mm) < 175) & (np.abs(u_mm + 10) < 175)]
        assert 500 < visible.sum() * 0.16 < 1050, "body section in square centimetres"
        assert body[np.hypot(u_mm, v_mm) < 50].min() == 1
        assert body[0].max() == body[:, -1].max() == 0, "air at the side and above"


def test_no_layer_covers_a_voxel_more_than_fully_or_less_than_not():
    layers, _, _ = _layers(draw_torso(np.random.default_rng(9), heart_radius_mm=33.0))
    assert all(layer.share.min() >= 0 and layer.share.max() <= 1 for layer in layers)


def test_the_liver_lies_below_the_heart_and_towards_the_septum():
    layers, u_mm, v_mm = _layers(draw_torso(np.random.default_rng(2), heart_radius_mm=33.0))
    liver = max(
        (layer for layer in layers if layer.tissue == "liver"), key=lambda layer: layer.share.sum()
    )
    width, height = liver.share.shape
    u_mm, v_mm = u_mm[liver.corner[0] :][:width], v_mm[:, liver.corner[1] :][:, :height]
    assert np.average(np.broadcast_to(u_mm, liver.share.shape), weights=liver.share) < -10
    assert np.average(np.broadcast_to(v_mm, liver.share.shape), weights=liver.share) < -50
